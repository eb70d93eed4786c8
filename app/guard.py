"""The door of the web app: which names it answers to, who may change anything, the password, and what a page may load.

One ASGI layer around everything, the WebSocket included, so that no route can forget it.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import html
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlsplit

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

COOKIE = "orrery"
LONGEST_FORM = 2_000
WRONG = 0.5
"""Seconds that a wrong password takes, one at a time for all who guess; the right one never waits."""

# What this policy keeps out and what it can't is told in docs/hosting.md.
POLICY = "; ".join(
    [
        "default-src 'self'",
        # Gradio's own page starts from an inline script and makes functions from the text of `js_on_load`.
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "media-src 'self' blob:",
        "connect-src 'self' blob: data:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}

LOGIN = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Orrery</title><style>body{{font:16px/1.5 system-ui;max-width:22rem;margin:20vh auto;padding:0 1rem;color-scheme:light dark}}
input,button{{font:inherit;padding:.5rem .8rem;width:100%;box-sizing:border-box;margin-top:.6rem}}</style>
<h1>Orrery</h1><form method="post" action="/login"><label>Password
<input type="password" name="password" autofocus required></label><button>Open</button></form><p role="alert">{said}</p></html>"""


class Guard:
    """`names`: the host names answered to, without ports; empty for any. `password`: asked for before anything else."""

    def __init__(self, app: Any, names: frozenset[str] = frozenset(), password: str = ""):
        self.app, self.names, self.password = app, names, password
        self.secret = secrets.token_bytes(32)
        self._wrong = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if why := self._refused(scope, headers):
            await _refuse(scope, send, why)
        elif self.password and not self._known(headers):
            await self._login(scope, receive, send)
        else:
            await self.app(scope, receive, _with_headers(send))

    def _refused(self, scope: Scope, headers: dict[str, str]) -> str:
        """Why not, or nothing. A page of another site may neither reach us by a name of its own (DNS rebinding) nor
        send what changes something."""
        host = headers.get("host", "")
        if self.names and _name(host) not in self.names:
            return f"This server does not answer to the name {_name(host)[:80]!r}."
        changes = scope["type"] == "websocket" or scope["method"] not in ("GET", "HEAD", "OPTIONS")
        origin = headers.get("origin")
        if changes and origin and urlsplit(origin).netloc != host:
            return "A page of another site may not do that."
        return ""

    def _token(self) -> str:
        return hmac.new(self.secret, self.password.encode(), hashlib.sha256).hexdigest()

    def _known(self, headers: dict[str, str]) -> bool:
        try:
            given = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
        except CookieError:
            return False
        return given is not None and hmac.compare_digest(given.value, self._token())

    async def _login(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await _refuse(scope, send, "")
            return
        said = ""
        if scope["path"] == "/login" and scope["method"] == "POST":
            if hmac.compare_digest(await _password_in(receive), self.password):
                cookie = f"{COOKIE}={self._token()}; HttpOnly; SameSite=Strict; Path=/"
                await _reply(send, 303, b"", {"location": "/", "set-cookie": cookie})
                return
            async with self._wrong:
                await asyncio.sleep(WRONG)
            said = "That is not the password."
        page = LOGIN.format(said=html.escape(said)).encode()
        await _reply(send, 401, page, {"content-type": "text/html; charset=utf-8"})


def _name(host: str) -> str:
    """A Host header without its port: `[::1]:7860` -> `::1`."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


async def _password_in(receive: Receive) -> str:
    body, more = b"", True
    while more and len(body) < LONGEST_FORM:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return parse_qs(body.decode("utf-8", "replace")).get("password", [""])[0]


async def _refuse(scope: Scope, send: Send, why: str) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
    else:
        await _reply(send, 403, why.encode(), {"content-type": "text/plain; charset=utf-8"})


async def _reply(send: Send, status: int, body: bytes, headers: dict[str, str]) -> None:
    every = {**HEADERS, **headers, "content-length": str(len(body))}
    listed = [(name.encode(), value.encode()) for name, value in every.items()]
    await send({"type": "http.response.start", "status": status, "headers": listed})
    await send({"type": "http.response.body", "body": body})


def _with_headers(send: Send) -> Send:
    async def sending(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            have = {name.lower() for name, _ in message.get("headers", [])}
            more = [(n.encode(), v.encode()) for n, v in HEADERS.items() if n.encode() not in have]
            message = {**message, "headers": [*message.get("headers", []), *more]}
        await send(message)

    return sending
