"""HTTP servers for the language-model tests: one that says what it is told to, and one in front of a real model that
can break its stream."""

from __future__ import annotations

import contextlib
import json
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


class Server(ThreadingHTTPServer):
    """Speaks OpenAI's protocol under /v1 and Ollama's under /api."""

    daemon_threads = True
    reply = ""
    """What it says, unless `behind` names a real server."""
    mind: Callable[[dict], dict] | None = None
    """For an agent's requests, which ask for no stream: request -> {"text": ...} or {"calls": [(tool, arguments), ...]},
    where arguments that are a string are sent as they are."""
    behind = ""
    fault = ""
    """hang, drip (a byte at a time, never a whole line), drip-headers, die (mid-stream, without a word), garbage
    (not the protocol at all)."""
    status = 200
    error = ""
    requests: list[dict]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = (
        "HTTP/1.0"  # a reply ends where the connection does, so one that dies looks like one that ends
    )

    def do_POST(self) -> None:
        data = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append(json.loads(data))
        with contextlib.suppress(OSError):  # the client gives up waiting, as some tests want
            self._answer(data)

    def _answer(self, data: bytes) -> None:
        fault = self.server.fault
        if fault == "hang":
            time.sleep(20)
            return
        if fault == "drip-headers":
            for byte in b"HTTP/1.0 200 OK\r\nX-Long: " + b"x" * 400:
                self.wfile.write(bytes([byte]))
                time.sleep(0.05)
            return
        self.send_response(self.server.status)
        self.send_header(
            "Content-Type", "text/event-stream" if self.server.status == 200 else "application/json"
        )
        self.end_headers()
        if self.server.status != 200:
            self.wfile.write(json.dumps({"error": {"message": self.server.error}}).encode())
            return
        if fault == "drip":
            for byte in b"data: " + b"x" * 400:
                self.wfile.write(bytes([byte]))
                time.sleep(0.05)
            return
        if self.server.mind:
            whole = json.dumps(self._completion(self.server.mind(json.loads(data)))).encode()
            self.wfile.write(whole[: len(whole) // 2] if fault == "die" else whole)
            return
        if fault == "garbage":
            self.wfile.write(b"\x00\xff{]] data: {\n\ndata: {nonsense\n\n" * 20)
            return
        lines = self._real(data) if self.server.behind else self._scripted()
        for i, line in enumerate(lines):
            if fault == "die" and i == 6:
                return
            self.wfile.write(line)
            self.wfile.flush()

    def _real(self, data: bytes):  # type: ignore[no-untyped-def]
        request = urllib.request.Request(
            self.server.behind + "/chat/completions", data, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request) as reply:
            yield from reply

    def _completion(self, told: dict) -> dict:
        """A whole reply, in OpenAI's form."""
        calls = [
            {"id": f"call-{len(self.server.requests)}-{i}", "type": "function", "function": {
                "name": name, "arguments": given if isinstance(given, str) else json.dumps(given)}}
            for i, (name, given) in enumerate(told.get("calls", ()))
        ]  # fmt: skip
        message = {
            "role": "assistant",
            "content": told.get("text", ""),
            **({"tool_calls": calls} if calls else {}),
        }
        choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if calls else "stop"}
        return {"id": "1", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice]}

    def _scripted(self):  # type: ignore[no-untyped-def]
        """The reply in pieces of ten characters, and a last one that says why it ended."""
        text = self.server.reply
        pieces = [text[i : i + 10] for i in range(0, len(text), 10)]
        for piece in [*pieces, None]:
            if self.path.startswith("/api"):
                content = {"model": "m", "created_at": "2026-01-01T00:00:00Z", "done": piece is None}
                content["message"] = {"role": "assistant", "content": piece or ""}
                if piece is None:
                    content["done_reason"] = "stop"
                yield json.dumps(content).encode() + b"\n"
            else:
                delta = {"role": "assistant", "content": piece} if piece else {}
                choice = {"index": 0, "delta": delta, "finish_reason": None if piece else "stop"}
                content = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "m"}
                yield b"data: " + json.dumps(content | {"choices": [choice]}).encode() + b"\n\n"
        if not self.path.startswith("/api"):
            yield b"data: [DONE]\n\n"

    def log_message(self, *args: object) -> None:
        pass


@contextlib.contextmanager
def configured(monkeypatch: pytest.MonkeyPatch, key: str) -> Iterator[Server]:
    """A server, and the environment of a user who has configured it as their language model."""
    made = Server(("127.0.0.1", 0), Handler)
    made.requests = []
    threading.Thread(target=made.serve_forever, daemon=True).start()
    monkeypatch.setenv("ORRERY_LLM", "openai:tiny")
    monkeypatch.setenv("ORRERY_LLM_BASE_URL", f"{made.url}/v1")
    monkeypatch.setenv("OPENAI_API_KEY", key)
    yield made
    made.shutdown()
    made.server_close()
