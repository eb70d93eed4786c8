"""Where the user's own documents live, and how a file is written there."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def home() -> Path:
    """ORRERY_HOME, else `orrery` in the user's cache folder. It need not exist yet."""
    if named := os.environ.get("ORRERY_HOME"):
        return Path(named).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "orrery"


def write_atomically(path: Path, content: bytes) -> None:
    """The whole file or none of it: written beside its place, then renamed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
