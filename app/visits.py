"""Whose documents are whose.

Served to this machine alone, what is added in the app goes where `orrery ingest` puts it: it is the user's own. Served to
others, each visitor has a library of their own in a temporary folder, from the first document they add until they leave.
One ASGI layer knows them by a cookie; a visit lasts as long as one of its pages is open (gradio keeps a stream open for
each), a minute longer for those who reload, and ends in any case after two hours without a request.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from app.guard import Receive, Scope, Send
from corpus.errors import CorpusError

if TYPE_CHECKING:
    from corpus.retrieval.index import Corpus, Library

COOKIE = "orrery-visit"
KEY = "orrery.visitor"
GRACE, IDLE = 60.0, 7200.0
"""Seconds that a visit outlives its last page, and its last request."""
MOST = 128
"""Visitors with documents of their own at once; each takes 4 MB of disk and more for what they add."""
PREFIX = f"orrery-visits-{os.getuid()}-"

Kept = Literal["here", "visit", "shared"]
"""Where what is added goes: into the user's own library, the visitor's, or one that all visitors share."""


class Visitor:
    """Somebody who asks. This one reads and writes the library of ORRERY_HOME."""

    def __init__(self, kept: Kept = "here"):
        self.kept: Kept = kept

    def library(self) -> Library:
        """What they add goes here."""
        from corpus.retrieval.index import open_library

        return open_library()

    def corpus(self) -> Corpus:
        """What their questions are answered from."""
        return self.library().current()

    def documents(self) -> Library | None:
        """What they may list and remove; None where they have added nothing."""
        return self.library()

    @contextlib.contextmanager
    def busy(self) -> Iterator[None]:
        """While something is added or removed."""
        yield


class Visit(Visitor):
    """A visitor whose documents are theirs alone."""

    def __init__(self, visits: Visits, id: str):
        super().__init__("visit")
        self.id, self.folder, self._visits = id, visits.folder / id, visits
        self.seen = time.monotonic()
        self.pages = self.adding = 0
        self._library: Library | None = None
        self._seen = 0
        """The generation of the host's library that the visitor's has caught up with."""
        self._lock, self._counting = threading.Lock(), threading.Lock()

    def library(self) -> Library:
        from corpus.library.visit import open_visit

        with self._lock:
            if self._library is None:
                if self._visits.with_documents() >= MOST:
                    raise CorpusError(
                        f"{MOST} visitors have documents here, as many as there can be; try again later"
                    )
                self._library = open_visit(self.folder)
                self._seen = self._library.store.meta("generation")
            return self._library

    def corpus(self) -> Corpus:
        from corpus.library.visit import catch_up

        with self._lock:
            if self._library is None:
                return super().library().current()
            if not self.adding:
                self._library, self._seen = catch_up(self._library, self._seen)
            return self._library.current()

    def documents(self) -> Library | None:
        with self._lock:
            return self._library

    @property
    def has_library(self) -> bool:
        return self._library is not None

    @contextlib.contextmanager
    def busy(self) -> Iterator[None]:
        with self._counting:
            self.adding += 1
        try:
            yield
        finally:
            with self._counting:
                self.adding -= 1
            self.seen = time.monotonic()

    def over(self, now: float) -> bool:
        return not self.adding and now - self.seen > (IDLE if self.pages else GRACE)

    def end(self) -> None:
        """Forget everything."""
        with self._lock:
            library, self._library = self._library, None
            if library:
                library.close()
            shutil.rmtree(self.folder, ignore_errors=True)


class Visits:
    """The layer around the app. `scope[KEY]` is who asks."""

    def __init__(self, app: Any):
        self.app = app
        _clear_left_behind()
        self.folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        self._held = _hold(self.folder)
        self._known: dict[str, Visit] = {}
        self._stopped = threading.Event()
        threading.Thread(target=self._watch, name="visits", daemon=True).start()

    def with_documents(self) -> int:
        return sum(visit.has_library for visit in list(self._known.values()))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        visit = self._known.get(_cookie(scope))
        if visit is None:
            visit = Visit(self, secrets.token_hex(16))
            if _begins(scope):
                self._known[visit.id] = visit
                send = _with_cookie(send, visit.id)
        scope[KEY] = visit
        visit.seen = time.monotonic()
        page = "/heartbeat/" in scope["path"]
        visit.pages += page
        try:
            await self.app(scope, receive, send)
        finally:
            visit.pages -= page
            visit.seen = time.monotonic()

    def sweep(self) -> None:
        """End the visits that are over."""
        now = time.monotonic()
        for visit in list(self._known.values()):
            if visit.over(now):
                self._known.pop(visit.id, None)
                visit.end()

    def close(self) -> None:
        """Forget everybody; the server stops."""
        self._stopped.set()
        shutil.rmtree(self.folder, ignore_errors=True)
        os.close(self._held)

    def _watch(self) -> None:
        while not self._stopped.wait(5):
            self.sweep()


def visitor(scope: Scope) -> Visitor:
    """Who asks; without the layer, the user of this machine."""
    return scope.get(KEY) or Visitor()


class Everyone:
    """A layer that has all visitors share the library of ORRERY_HOME, on the host's word."""

    def __init__(self, app: Any):
        self.app, self._all = app, Visitor("shared")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[KEY] = self._all
        await self.app(scope, receive, send)


def _begins(scope: Scope) -> bool:
    """Whether a visit begins with this request: it opens the page, or adds something."""
    return scope["type"] == "http" and (scope["path"] == "/" or scope["method"] == "PUT")


def _cookie(scope: Scope) -> str:
    given = b"; ".join(value for name, value in scope["headers"] if name == b"cookie")
    try:
        found = SimpleCookie(given.decode("latin-1")).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""


def _with_cookie(send: Send, id: str) -> Send:
    # Lax, not Strict: who follows a shared link here from elsewhere is still the same visitor.
    cookie = f"{COOKIE}={id}; HttpOnly; SameSite=Lax; Path=/".encode()

    async def sending(message: Any) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", []), (b"set-cookie", cookie)]}
        await send(message)

    return sending


def _hold(folder: Path) -> int:
    """A lock that the kernel frees when this server dies, whatever it dies of."""
    handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return handle


def _clear_left_behind() -> None:
    """Delete what servers left that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            os.close(_hold(folder))
        except OSError:
            continue  # another server's, and it is running; or not ours to touch
        shutil.rmtree(folder, ignore_errors=True)
