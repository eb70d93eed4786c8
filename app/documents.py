"""The user's documents over HTTP: list, add, remove. Drawn by `canvas/documents.js`. Whose they are, `app.visits` says.

Each file is a request of its own, so a bad one never takes others with it. PUT and DELETE make a browser ask
before it sends them from another site's page, and nothing here says yes.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse
from starlette.requests import ClientDisconnect

from app.telling import stream, told
from app.turns import Turns
from app.visits import Visitor, visitor
from corpus.errors import CorpusError

if TYPE_CHECKING:
    from corpus.library.uploads import Upload

routes = APIRouter(prefix="/api/documents")

_THREAD = "ingest"
_STOPPING = threading.Event()
_TURNS = Turns(1)
"""One document is read at a time: two would each take twice as long, and the page longer."""


def stop() -> None:
    """End what is being told about uploads, so that the server can end."""
    _STOPPING.set()


def busy() -> bool:
    """Whether a document is being added."""
    return any(thread.name == _THREAD for thread in threading.enumerate())


@routes.get("")
def list_all(request: Request) -> dict[str, Any]:
    """`documents` and where they are `kept` (a `Kept`), or `error` in one line."""
    from corpus.library.library import list_documents

    who = visitor(request.scope)

    def listed() -> dict[str, Any]:
        library = who.documents()
        found = list_documents(library) if library else []
        return {"documents": [document.to_json() for document in found], "kept": who.kept}

    return told(listed)


@routes.put("")
async def add(request: Request, name: str = "", title: str = "") -> StreamingResponse:
    """The body is a file by the `name`, or pasted text with a `title`. Answers with a JSON object a line as it goes:
    `progress` any number of times, then `document` or `error`."""
    from corpus.library.uploads import pasted, uploaded
    from corpus.loaders.files import MAX_BYTES

    content = bytearray()
    try:
        async for chunk in request.stream():
            content += chunk
            if len(content) > MAX_BYTES:
                break  # `uploaded` says so; the rest is not read
        if title:
            upload = pasted(title, content.decode("utf-8", "replace"))
        else:
            upload = uploaded(name, bytes(content))
    except ClientDisconnect:
        return stream(_only())  # half a file is none, and nobody listens
    except CorpusError as error:
        return stream(_only({"error": str(error)}))
    return stream(_ingest(upload, visitor(request.scope)))


@routes.delete("/{id}")
def take_out(id: str, request: Request) -> dict[str, Any]:
    """`document` that was removed, or `error`."""
    from corpus.library.library import remove

    who = visitor(request.scope)

    def removed() -> dict[str, Any]:
        with who.busy():
            library = who.documents()
            if library is None:
                raise CorpusError("you have no documents here")
            return {"document": remove(id, library).to_json()}

    return told(removed)


async def _only(*lines: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
    for line in lines:
        yield line


async def _ingest(upload: Upload, who: Visitor) -> AsyncIterator[dict[str, Any]]:
    """What `ingest` reports, as it reports it. It goes on to its end when nobody listens any more."""
    lines: SimpleQueue[dict[str, Any] | None] = SimpleQueue()

    def work() -> None:
        from corpus.library.library import ingest
        from corpus.library.visit import allow

        try:
            library = who.library()
            if who.kept == "visit":
                allow(library)
            [document] = ingest([upload], library, report=lambda line: lines.put({"progress": line}))
            lines.put({"document": document.to_json()})
        except CorpusError as error:
            lines.put({"error": str(error)})
        except Exception as error:
            lines.put(
                {"error": f"{upload.name} could not be added ({type(error).__name__}); the others go on."}
            )
            raise
        finally:
            lines.put(None)

    with who.busy():
        async with _TURNS.spot() as spot:
            async for place in spot.places():
                yield {"progress": f"Waiting: {place} before this one"}
            thread = threading.Thread(target=work, name=_THREAD, daemon=True)
            thread.start()
            while not _STOPPING.is_set():
                try:
                    line = lines.get_nowait()
                except Empty:
                    await asyncio.sleep(0.05)
                    continue
                if line is None:
                    return
                yield line
