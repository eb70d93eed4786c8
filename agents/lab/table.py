"""What the lab found, as the table that the README holds. It is made from the records; a test compares the two."""

from __future__ import annotations

from collections import Counter

from agents.lab import EXPERIMENTS
from agents.lab.base import Outcome, Verdict
from agents.lab.run import experiment, recorded

BEGIN, END = "<!-- lab: orrery lab --markdown -->", "<!-- /lab -->"
"""The lines between which the README holds it."""


def markdown() -> str:
    """A row for the first claim of each recorded experiment, and how all claims fared."""
    from corpus.ledger import claims

    found = [verdict for name in EXPERIMENTS if (verdict := recorded(name))]
    fared = Counter(outcome for verdict in found for outcome in verdict.verdicts.values())
    counted = ", ".join(
        f"{fared[outcome]} {outcome}" for outcome in ("supported", "contradicted", "inconclusive")
    )
    lines = [
        f"{len(found)} of {len(EXPERIMENTS)} experiments have a recorded full run. They test {sum(fared.values())} claims: "
        f"{counted}. The first of each:",
        "",
        "| claim, in its toy version | what decided it, with its 95 % interval | verdict |",
        "|---|---|---|",
    ]
    for verdict in found:
        claim, outcome = next(iter(verdict.verdicts.items()))
        lines.append(
            f"| {claims()[claim].statement} (`{verdict.experiment}`) | {_decisive(verdict, claim, outcome)} | {outcome} |"
        )
    return "\n".join(lines)


def _decisive(verdict: Verdict, claim: str, outcome: Outcome) -> str:
    """The criterion that made the verdict: a control that did not hold, else the first of the claim that says the same."""
    controls = [c for c in verdict.criteria if not c["claim"] and c["outcome"] != "supported"]
    own = [c for c in verdict.criteria if c["claim"] == claim]
    c = next(iter(controls), None) or next((c for c in own if c["outcome"] == outcome), own[0])
    words = next(
        known.statistic for known in experiment(verdict.experiment).criteria if known.name == c["name"]
    )
    sign, role = (">" if c["above"] else "<"), ("" if c["claim"] else "control that did not hold: ")
    return (
        f"{role}{words}: {_number(c['value'])} [{_number(c['low'])}, {_number(c['high'])}], n = {c['n']} "
        f"(asked: {sign} {c['threshold']:g})"
    )


def _number(value: float) -> str:
    """Two decimals, or three figures where it is large."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
