"""The web app, and what works on this machine."""

from __future__ import annotations

import os

from app.commands import app, show


@app.command
def serve(
    port: int = 7860,
    host: str = "127.0.0.1",
    password: str = "",
    open: bool = False,
    share_documents: bool = False,
) -> None:
    """Open the web app.

    On this machine alone, documents added in the app are yours, as if `orrery ingest` had read them. With --host, they
    belong to the visitor who added them, and are deleted when they leave; what you ingested is there for all to ask.

    Args:
        port: Where to listen.
        host: Which address to listen on; the default answers this machine alone. Any other needs --password or --open.
        password: Asked for before anything is shown; better given as ORRERY_PASSWORD in the environment.
        open: Everyone who can reach the address may come in.
        share_documents: What one visitor adds, all may ask about, and it stays.
    """
    from app.server import serve as run

    run(port, host, password or os.environ.get("ORRERY_PASSWORD", ""), open, share_documents)


@app.command
def doctor(json: bool = False) -> None:
    """Say what works on this machine, and what to do about what doesn't.

    Args:
        json: Print the checks as records.
    """
    from app.doctor import examine
    from app.printing.house import print_checks

    checks = examine()
    if json:
        show([check.to_json() for check in checks])
    else:
        print_checks(checks)
    if any(check.state == "broken" for check in checks):
        raise SystemExit(1)
