"""The user's own documents: added, listed, removed. Their text and vectors are in the library of ORRERY_HOME;
the original files are not needed again."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from corpus.errors import CorpusError
from corpus.home import home
from corpus.library.ingesting import Document, Ingest, listed
from corpus.library.lock import Report, silent, writing
from corpus.library.store import OWN
from corpus.library.uploads import Upload
from corpus.retrieval.index import Library, open_library


def ingest(
    given: Sequence[str | Path | Upload],
    library: Library | None = None,
    *,
    dry_run: bool = False,
    wait: bool = True,
    report: Report = silent,
) -> list[Document]:
    """Add files, folders, addresses, arXiv ids, video links and uploads; what has gone from a folder is taken out.

    One that can't be read comes back as `failed` and the others go on. An unchanged one costs nothing. Each is
    committed by itself: whoever is killed loses what was not yet committed, and the next run does it. `library`: another
    than that of ORRERY_HOME (`corpus.library.visit`).

    Raises CorpusError where another process holds the library (unless `wait`), the disk is full, or the library
    can't be written.
    """
    library = library or open_library()
    if library.store.path is None:
        raise CorpusError(f"{' '.join(library.notices)} Set ORRERY_HOME to a folder of yours.")
    folder = library.store.path.parent
    if dry_run:
        return Ingest(library, report, dry_run=True).run(given)
    try:
        with writing(folder, wait=float("inf") if wait else 0, report=report):
            return Ingest(library, report).run(given)
    except OSError as error:
        raise CorpusError(
            f"can't write in {folder} ({error.strerror}); set ORRERY_HOME to a folder of yours"
        ) from None


def list_documents(library: Library | None = None) -> list[Document]:
    """The user's documents in order of title."""
    rows = (library or open_library()).store.rows("origin = ?", (OWN,))
    return sorted((listed(row) for row in rows), key=lambda d: (d.title.lower(), d.id))


def remove(
    id: str, library: Library | None = None, *, wait: bool = True, report: Report = silent
) -> Document:
    """Take one document out. Raises CorpusError naming the ids that exist."""
    library = library or open_library()
    with writing(
        library.store.path.parent if library.store.path else home(),
        wait=float("inf") if wait else 0,
        report=report,
    ):
        row = next(library.store.rows("origin = ? and name = ?", (OWN, id)), None)
        if row is None:
            have = ", ".join(row.name for row in islice(library.store.rows("origin = ?", (OWN,)), 20))
            raise CorpusError(f"no document '{id}'; your documents: {have or 'none yet'}")
        library.store.drop(row)
        if library.nearest:
            library.nearest.sync(report)
    return listed(row, "removed")
