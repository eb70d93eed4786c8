"""Episodes and evaluations as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.printing import wrap

if TYPE_CHECKING:
    from agents.evaluate import Evaluation
    from agents.score import CostRow, Row
    from agents.trace import Trace


def print_trace(trace: Trace) -> None:
    print(f"{trace.world}, {trace.model}, {trace.planner}, {trace.objective}, seed {trace.seed}\n")
    print(" step   real (x, y)   imagined (x, y)   error px   never looked again px")
    for t in range(trace.steps + 1):
        (x, y), (u, v) = trace.positions[t], trace.imagined_positions[t]
        look = "  looked" if t in trace.looks else ""
        print(
            f"{t:5d}   {x:5.1f} {y:5.1f}     {u:5.1f} {v:5.1f}       {trace.error[t]:6.2f}   {trace.blind_error[t]:9.2f}{look}"
        )
    print("\n" + wrap(trace.summary()))
    print(f"plans: {len(trace.plan_ms)}, median {sorted(trace.plan_ms)[len(trace.plan_ms) // 2]:.1f} ms")


def print_evaluation(result: Evaluation) -> None:
    print(wrap(f"{result.world}, {result.model}, {result.planner}, {result.objective}: {result.rule}") + "\n")
    wide = max(len(row.name) for row in result.rows)
    for row in result.rows:
        print(f"  {row.name:{wide}}  {row}{_against(row)}")
    for line in result.notes:
        print(wrap(line))
    print("\nin brackets: 95 % interval (Wilson for shares; normal over episodes for costs)")
    if result.steps_to_success is not None:
        spl = "" if result.spl is None else f", path efficiency (SPL) {result.spl:.2f}"
        print(f"steps to success: {result.steps_to_success:.1f} on average{spl}")
    print(
        f"a plan: {result.ms_per_plan:.1f} ms alone, {result.ms_per_plan_batched:.2f} ms in a batch, one thread"
    )
    print(f"again: {result.command}\n({result.date}, {result.machine})")


def _against(row: Row | CostRow) -> str:
    """How the model compares, on the same tasks."""
    saving, p = getattr(row, "saving", None), getattr(row, "p", None)
    if saving is not None:
        return f"   the model saves {saving:.1%} [{row.saving_low:.1%}, {row.saving_high:.1%}]"  # type: ignore[union-attr]
    return "" if p is None else f"   McNemar against the model p = {p:.2g}"
