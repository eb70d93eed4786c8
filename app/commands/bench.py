"""Figures against a data set or a world."""

from __future__ import annotations

from typing import Literal

from tyro.conf import Positional

from app.commands import app, note, show


@app.command
def bench(what: Positional[Literal["ingest", "worlds"]], passages: int = 100_000, json: bool = False) -> None:
    """Measure on this machine.

    `ingest`: what a large library costs to fill, to open and to search (about ten minutes). `worlds`: steps and
    frames a second.

    Args:
        what: Which figures.
        passages: ingest: how many the library is filled with; it lies in a temporary folder.
        json: Print the record.
    """
    from app.printing.bench import print_ingest_bench, print_world_speeds

    if what == "worlds":
        from agents.bench import worlds

        rows = worlds()
        if json:
            show([row.to_json() for row in rows])
        else:
            print_world_speeds(rows)
        return
    from corpus.bench.ingest import bench_ingest

    result = bench_ingest(passages, note)
    if json:
        show(result.to_json())
    else:
        print_ingest_bench(result)
