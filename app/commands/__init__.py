"""The commands, a file for each part of the house. Each calls one function of `agents` or `corpus` and prints what it
returns; heavy imports happen inside, so that `orrery --help` answers at once.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from tyro.extras import SubcommandApp

app = SubcommandApp()


def show(record: Any) -> None:
    """Results as JSON go to standard output."""
    print(json.dumps(record, ensure_ascii=False))


def note(line: str) -> None:
    """Progress goes to standard error; standard output is for results."""
    print(line, file=sys.stderr, flush=True)
