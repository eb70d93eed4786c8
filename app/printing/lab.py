"""Experiments, verdicts, contrasts and their scores as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.printing import wrap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agents.bench.contrast import Score, Won
    from agents.contrast.agent import Told
    from agents.contrast.assistant import Reply
    from agents.contrast.run import Contrast
    from agents.lab.base import Experiment, Verdict
    from agents.lab.run import Listed


QUICK = "A quick run: few tasks and short trainings, so its intervals are wide and it may leave open what the full run decides."


def print_experiments(listed: list[Listed]) -> None:
    """Each experiment with its question, and what it said of each claim when it was last recorded."""
    for row in listed:
        print(f"{row.id}: {row.question}")
        if not row.verdicts:
            print("    not recorded yet; run it with: orrery lab " + row.id)
        for claim, outcome in row.verdicts.items():
            print(f"    {outcome:13} {claim}")


def print_verdict(experiment: Experiment, verdict: Verdict, full: Verdict | None) -> None:
    """The numbers beside their thresholds first, then what they say of each claim; of a quick run, beside what the `full`
    one that ships said, where one does."""
    print(f"{experiment.title}: {experiment.question}\n")
    if verdict.budget == "quick":
        print(wrap(QUICK) + "\n")
    for row in verdict.criteria:
        sign, role = (">" if row["above"] else "<"), (row["claim"] or "control")
        print(
            f"  {row['value']:10.3f}   95 % interval {row['low']:.3f} to {row['high']:.3f}, n = {row['n']}; asked: {sign} "
            f"{row['threshold']:g}; {role}"
        )
        print(wrap(row["statistic"], " " * 13))
    print()
    for claim, outcome in verdict.verdicts.items():
        print(f"  {outcome:13} {claim}{_beside(verdict, claim, full)}")
    print("\n" + wrap("What this can't show: " + verdict.cannot_show))
    seeds = " ".join(map(str, verdict.seeds))
    worked = "" if verdict.cpu_seconds is None else f", {verdict.cpu_seconds:.0f} of processor time"
    print(
        f"again: {verdict.command}\n(seeds {seeds}; {verdict.seconds:.0f} s{worked}; {verdict.date}, {verdict.machine})"
    )


def _beside(verdict: Verdict, claim: str, full: Verdict | None) -> str:
    """What the full run said of it, if this isn't that run."""
    if verdict.budget == "full" or full is None:
        return ""
    return f" (full run: {full.verdicts[claim]})"


def print_reply(told: Reply) -> None:
    """Where the question went and why; the sources' answer; then what was simulated, or what an experiment found."""
    from app.printing.corpus import print_answer

    print(wrap(told.route.reason))
    for offer in told.route.offers:
        print(f"  - {offer.title}: {offer.command}")
    print()
    print_answer(told.answer)
    if told.verdict:
        print(f"\nrecorded by {told.verdict.command}:")
        for claim, outcome in told.verdict.verdicts.items():
            print(f"  {outcome:13} {claim}")
    if told.contrast:
        print()
        print_contrast(told.contrast)


def print_conversation(grown: Iterator[Told]) -> None:
    """Each call of a tool as soon as it is answered; then the reply, and which of its sentences hold up."""
    shown = 0
    for told in grown:
        while shown < len(told.calls) and told.calls[shown].state != "running":
            call = told.calls[shown]
            given = ", ".join(f"{name}={value!r}" for name, value in call.arguments.items())
            print(f"  {call.tool}({given}): {call.state}, {call.seconds:.1f} s")
            print(wrap(call.result, " " * 6), flush=True)
            shown += 1
    print()
    for sentence in told.sentences:
        mark = (
            "holds up"
            if sentence.support == "verified"
            else "not checked"
            if not sentence.citations
            else "doubtful"
        )
        print(wrap(f"{sentence.text} [{mark}]"))
        for cited in sentence.citations:
            print(wrap(f"{cited.title}: {cited.quote}", " " * 6))
    if told.notice:
        print(told.notice)


def print_contrast(found: Contrast) -> None:
    scenario = found.scenario
    print(wrap(scenario["scene"]) + "\n")
    print(wrap(scenario["question"]) + "\n")
    for number, option in enumerate(scenario["options"], 1):
        print(f"  {number}. {option}")
    print()
    for guess in found.guesses:
        if guess.choice is None:
            print(wrap(f"{guess.who} abstains: {guess.why}"))
            continue
        assert guess.chances is not None
        verdict = "right" if found.right(guess) else "wrong"
        chances = ", ".join(f"{chance:.0%}" for chance in guess.chances)
        print(
            f"{guess.who}: {scenario['options'][guess.choice]} ({verdict}; {chances}; Brier {found.brier(guess):.2f})"
        )
    print(f"\nreally: {scenario['options'][found.answer]}")


def print_scores(rows: list[Score], won: list[Won]) -> None:
    """A line for each kind of question and answerer; then who is the better one to ask about what."""
    head = ("", "")
    for row in rows:
        if (row.world, row.kind) != head:
            head = (row.world, row.kind)
            print(f"\n{row.world or 'no world'}, {row.kind} (n = {row.n})")
        if row.abstained == row.n:
            print(f"  {row.who:28} abstains always")
            continue
        print(
            f"  {row.who:28} right {row.accuracy:6.1%} [{row.low:.1%}, {row.high:.1%}]   Brier {row.brier:.2f} "
            f"[{row.brier_low:.2f}, {row.brier_high:.2f}]   abstained {row.abstained}"
        )
    print()
    for kind in won:
        print(wrap(kind.words))
