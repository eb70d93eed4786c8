"""The commands, a file for each part of the house. Each calls one function of `agents` or `corpus` and prints what it
returns; heavy imports happen inside, so that `orrery --help` answers at once.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from tyro.extras import SubcommandApp

app = SubcommandApp()


def show(record: Any) -> None:
    """Results as JSON go to standard output."""
    print(json.dumps(record, ensure_ascii=False))


def keep(svg: str, path: Path) -> str:
    """A figure goes to a file, whose name is given back."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(svg, encoding="utf-8")
    return str(path)


def note(line: str) -> None:
    """Progress goes to standard error; standard output is for results."""
    print(line, file=sys.stderr, flush=True)
