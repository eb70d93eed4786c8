"""What a user gives stands for documents: a file, the files of a folder, an address, or an upload."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from corpus.library.uploads import Upload
from corpus.loaders import SUPPORTED


@dataclass(frozen=True)
class Item:
    """One document to consider, or why there is none at this path."""

    path: str
    """Absolute, links followed; an address as it was given; an upload's name."""
    within: Path | None = None
    """The folder that it must lie in."""
    address: bool = False
    size: int = 0
    mtime: int = 0
    """Nanoseconds."""
    problem: str = ""
    content: bytes | None = None
    """Of an upload."""


def folder_of(given: str | Path | Upload) -> Path | None:
    """The folder that is meant, links followed; None where it is a file or isn't there."""
    if isinstance(given, Upload):
        return None
    path = Path(given).expanduser()
    return path.resolve() if path.is_dir() else None


def walk(given: str | Path | Upload) -> Iterator[Item]:
    """Every document of a folder, in order, hidden ones and other formats left out; else the one that is named."""
    from corpus.fetching.fetch import is_reference

    if isinstance(given, Upload):
        yield Item(given.name, size=len(given.content), content=given.content)
        return
    path = Path(given).expanduser()
    folder = folder_of(given)
    if folder is not None:
        yield from _inside(folder, folder)
    elif not path.exists() and is_reference(str(given)):
        yield Item(str(given), address=True)
    else:
        yield _item(path, None)


def _inside(folder: Path, root: Path) -> Iterator[Item]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        yield Item(str(folder), problem=f"can't be opened ({error.strerror})")
        return
    for entry in entries:
        path = Path(entry.path)
        if entry.name.startswith("."):
            continue
        if entry.is_symlink():
            real = path.resolve()
            if not real.is_relative_to(root):
                yield Item(
                    str(path), problem=f"leads out of the folder {root.name}; only files inside it are read"
                )
            continue  # what it points to inside the folder is met there
        if entry.is_dir(follow_symlinks=False):
            yield from _inside(path, root)
        elif path.suffix.lower() in SUPPORTED:
            yield _item(path, root)


def _item(path: Path, within: Path | None) -> Item:
    try:
        found = path.stat()
    except OSError:
        return Item(str(path.absolute()), within)  # opening it will say what is wrong
    if not stat.S_ISREG(found.st_mode):
        return Item(str(path.absolute()), within)
    return Item(str(path.resolve()), within, size=found.st_size, mtime=found.st_mtime_ns)
