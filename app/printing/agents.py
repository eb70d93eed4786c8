"""Episodes and evaluations as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.printing import wrap

if TYPE_CHECKING:
    from agents.evaluate import Evaluation
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
    print(f"{result.world}, {result.model}, {result.planner}, {result.objective}: success {result.rule}\n")
    for row in result.rows:
        print(
            f"  {row.name:14} {row.success:7.1%}   95 % interval {row.low:6.1%} to {row.high:6.1%}   n = {row.n}"
        )
    print(f"\nsteps to success: {result.steps_to_success:.1f} on average")
    print(
        f"a plan: {result.ms_per_plan:.1f} ms alone, {result.ms_per_plan_batched:.2f} ms in a batch, one thread"
    )
    print(f"again: {result.command}\n({result.date}, {result.machine})")
