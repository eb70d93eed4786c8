"""What planning is worth and what it costs, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.printing import wrap

if TYPE_CHECKING:
    from agents.bench.planning import PlanningBench
    from agents.judging.alarm_score import AlarmScore
    from agents.judging.bottleneck import Verdict
    from agents.judging.dial import Dial
    from agents.judging.heatmap import Heatmap
    from agents.judging.score import Row


def print_heatmap(found: Heatmap, figure: str) -> None:
    x, y = found.goal
    print(f"{found.model} in {found.world}, goal of seed {found.seed} at ({x:.0f}, {y:.0f})\n")
    print("                    rank correlation with the true way   places from which downhill leads there")
    for name, one in found.maps.items():
        print(f"{name:20} {one.rank_correlation:33.2f} {one.downhill:40.0%}")
    for line in found.notes:
        print(wrap(line))
    print(f"\nfigure: {figure}\nagain: {found.command}")


def print_dial(found: Dial, figure: str) -> None:
    print(wrap(found.summary()) + "\n")
    print("goals    steps  rule  plan every   success   95 % interval     n")
    for s in found.settings:
        print(
            f"{s.distance:8} {s.steps:5}  {s.rule:5} {s.look_every:9} {s.success:9.1%}   "
            f"{s.low:6.1%} to {s.high:6.1%} {s.n:5}"
        )
    near, far = found.thirds
    print(f"\nnear goals: within {near:.0f} px; far ones: beyond {far:.0f} px")
    for swing in found.swings:
        print(
            f"tests of {swing.n} episodes: from {swing.least:.0%} to {swing.greatest:.0%} ({swing.tests} of them)"
        )
    print(f"figure: {figure}\nagain: {found.command}\n({found.machine})")


def print_alarm(found: AlarmScore, figure: str) -> None:
    when = f"after step {found.step}" if found.step else "after a step drawn for each episode"
    print(
        f"{found.model} in {found.world}: {found.change} {when}, {found.changed} of {found.episodes} "
        f"episodes still under way and clear of the door\n"
    )
    delay = "never" if found.delay is None else f"{found.delay:.0f} steps"
    print(f"alarm at {found.threshold:.2f} times the usual gap; AUROC {found.auroc:.3f}")
    print(f"it rings in {found.noticed:.1%} of changed episodes, median delay {delay};")
    print(f"false alarms on the same tasks, unchanged: {found.false_alarms:.2f} an episode\n")
    print("                    success   95 % interval     plans   glances   McNemar against the alarm")
    for agent in (found.alarm, *found.schedules):
        p = "" if agent.p is None else f"p = {agent.p:.2g}"
        mark = "  <- as many plans" if agent == found.rival else ""
        print(
            f"{agent.name:18} {agent.success:8.1%}   {agent.low:6.1%} to {agent.high:6.1%} {agent.plans:8.1f} "
            f"{agent.glances:9.1f}   {p}{mark}"
        )
    print(f"\nfigure: {figure}\nagain: {found.command}\n({found.machine})")


def print_verdict(found: Verdict) -> None:
    print(wrap(found.sentence) + "\n")
    for rung in found.rungs:
        print(f"  {rung.name:32} {rung.success:7.1%}   [{rung.low:.1%}, {rung.high:.1%}]   n = {rung.n}")
    if found.losses:
        print(
            "\n"
            + ", ".join(f"{part} {loss:+.1%}" for part, loss in found.losses.items())
            + " of success lost"
        )
    print(f"again: {found.command}")


def print_planning_bench(found: PlanningBench, figure: str) -> None:
    print(
        f"{found.model} in {found.world}, the same {found.episodes} tasks for every row; ms of processor time, one thread\n"
    )
    print(
        f"{'planner, objective':22}{'in the model':24}{'p':>7}   {'in the truth':24}{'p':>7}   SPL: model, truth   ms alone"
        "   ms, 50 at once"
    )
    for row in found.rows:
        truth, ways = row.in_truth, [row.in_model.spl, row.in_truth.spl if row.in_truth else None]
        spl = "".join(f"{'' if way is None else f'{way:.2f}':>7}" for way in ways)
        print(
            f"{f'{row.planner}, {row.objective}':22}{_share(row.in_model.row):24}{_p(row.in_model.row):>7}   "
            f"{'not possible' if truth is None else _share(truth.row):24}{'' if truth is None else _p(truth.row):>7}   "
            f"     {spl}{row.cost.ms:11.1f} {row.cost.ms_batched:16.2f}"
        )
    print(
        wrap(
            "p: McNemar's exact test against the first row, imagined by the same. SPL: success weighted by path length."
        )
    )
    for note in found.notes:
        print(wrap(note))
    print(
        f"\n64 samples, 3 iterations, 8 knots held for 4 steps: {found.budget.ms:.1f} ms alone (goal 12), "
        f"{found.budget.ms_batched:.2f} ms each of 50 (goal 3)"
    )
    print("by samples: " + ", ".join(f"{n}: {ms:.1f}" for n, ms in found.by_samples.items()))
    print("by horizon: " + ", ".join(f"{n}: {ms:.1f}" for n, ms in found.by_horizon.items()))
    print(
        f"a straight line explains {found.linear['samples']:.1%} and {found.linear['horizon']:.1%} of that"
        f"\nfigure: {figure}\nagain: {found.command}\n({found.date}, {found.machine})"
    )


def _share(row: Row) -> str:
    return f"{row.success:6.1%} [{row.low:.1%}, {row.high:.1%}]"


def _p(row: Row) -> str:
    return "" if row.p is None else f"{row.p:.2g}"
