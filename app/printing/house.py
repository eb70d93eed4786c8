"""The checks of this machine as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.printing import wrap

if TYPE_CHECKING:
    from app.doctor import Check


def print_checks(checks: list[Check]) -> None:
    marks = {"works": "ok     ", "absent": "absent ", "broken": "BROKEN "}
    for check in checks:
        print(f"{marks[check.state]} {check.name:16} {check.detail}")
        if check.fix:
            print(wrap(check.fix, " " * 25 + "-> "))
