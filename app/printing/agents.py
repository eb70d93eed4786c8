"""Episodes and evaluations as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.printing import wrap

if TYPE_CHECKING:
    from agents.dream import Journey
    from agents.judging.evaluate import Evaluation
    from agents.judging.score import CostRow, Row
    from agents.learning.collect import Recorded
    from agents.learning.probing import Probed
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


def print_recorded(recorded: Recorded) -> None:
    shape = " x ".join(map(str, recorded.obs_shape))
    print(f"{recorded.file}: {recorded.episodes} episodes of {recorded.steps} steps in {recorded.world}")
    print(f"observations {shape}, actions of {recorded.action_size}, facts: {', '.join(recorded.facts)}")
    print(
        f"{recorded.megabytes:.1f} MB, recorded in {recorded.seconds:.1f} s; recipe {recorded.recipe_hash[:12]}"
    )


def print_probed(found: Probed) -> None:
    """A line a fact: R2, and how far off, in the fact's own units."""
    reading = found.reading
    print(f"{found.model}, recordings of {found.world}: {reading.held_out:,} held-out states;")
    print(f"probes learned on {reading.learned_on:,} others.")
    print(f"Effective rank {reading.effective_rank:.1f}, spread {reading.spread:.2f}\n")
    print("fact              R2 linear    R2 MLP   off linear   off MLP   off guessing")
    for fact in reading.facts:
        print(
            f"{fact.name:16} {fact.linear_r2:10.3f} {fact.mlp_r2:9.3f} {fact.linear_error:12.2f} {fact.mlp_error:9.2f} {fact.guess_error:14.2f}"
        )
    if reading.constant:
        print(f"never varies here: {', '.join(reading.constant)}")
    print(f"\nmap: {found.figure}")


def print_journey(journey: Journey) -> None:
    """The drift every ten steps, and when one could have told."""
    for step in range(0, len(journey.error), 10):
        looked = "  looked" if any(step - 10 < k <= step for k in journey.looks) else ""
        bar = "#" * round(journey.error[step])
        print(f"step {step:4}  {journey.error[step]:5.1f} px  {bar}{looked}")
    told = f"at step {journey.telling}" if journey.telling is not None else "never"
    print(wrap(f"{journey.model} in {journey.world}, seed {journey.seed}: the drift reached 4 px {told}."))
