"""Measurements as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.printing import wrap

if TYPE_CHECKING:
    from agents.bench import WorldSpeed
    from corpus.bench.ingest import IngestBench


def print_ingest_bench(result: IngestBench) -> None:
    from corpus.bench.ingest import GOALS

    print(
        f"{result.passages:,} passages of {result.documents:,} documents, {result.disk_mb:.0f} MB on disk\n"
    )
    for label, value, goal in (
        (
            "open",
            f"{result.open_seconds:.2f} s (and {result.import_seconds:.1f} s of imports)",
            "open_seconds",
        ),
        ("retrieve, median", f"{result.retrieve_ms_median:.1f} ms", "retrieve_ms_median"),
        ("retrieve, 95th percentile", f"{result.retrieve_ms_p95:.1f} ms", "retrieve_ms_p95"),
        ("resident", f"{result.resident_mb:.0f} MB", "resident_mb"),
        ("cost growth", f"{result.growth:+.1%}", "growth"),
        ("embedding, times plain", f"{result.embedding_ratio:.2f}", "embedding_ratio"),
        ("embedding, least cosine", f"{result.embedding_cosine:.5f}", "embedding_cosine"),
    ):
        print(f"  {label:26} {value:34} goal {GOALS[goal]:g}")
    print(
        f"\nembedding: {result.plain_per_second:.0f} passages a CPU second plain, {result.fast_per_second:.0f} in bulk "
        f"({'bfloat16' if result.bfloat16 else 'float32'})"
    )
    print("\n  passages    ms a passage   CPU ms   resident MB")
    for cost in result.costs:
        print(
            f"  {cost.at:8,}    {cost.ms_per_passage:12.1f} {cost.cpu_ms_per_passage:8.1f} {cost.resident_mb:13.0f}"
        )
    print(f"\nfilling, not embedded: {result.fill_ms_per_passage:.1f} ms a passage")
    print(wrap(f"{result.protocol}; {result.threads} thread; {result.machine}; {result.date}"))


def print_world_speeds(rows: list[WorldSpeed]) -> None:
    """A line a world; the protocol first."""
    print(f"batch {rows[0].batch}, one thread, {rows[0].seconds:g} s of processor time for each figure\n")
    print("world           steps a second   recorded frames a second")
    for row in rows:
        print(f"{row.world:15} {row.steps_per_second:14,.0f}   {row.frames_per_second:24,.0f}")
