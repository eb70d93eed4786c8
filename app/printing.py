"""Records as text for a terminal."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agents.evaluate import Evaluation
    from agents.trace import Trace
    from app.doctor import Check
    from corpus.records import Answer, Citation

WIDTH = 100


def wrap(text: str, indent: str = "") -> str:
    return textwrap.fill(text, WIDTH, initial_indent=indent, subsequent_indent=indent)


def print_answer(answer: Answer) -> None:
    """The sentences with their numbers, then each citation with its quoted span."""
    if answer.notice:
        print(wrap(f"Note: {answer.notice}"), end="\n\n")
    if answer.refusal:
        print(wrap(answer.refusal.reason))
        if answer.refusal.nearest:
            print("\nThe nearest sources are:")
            for title in answer.refusal.nearest:
                print(f"  - {title}")
        return
    cited: list[Citation] = []
    parts = []
    for sentence in answer.sentences:
        marks = ""
        for citation in sentence.citations:
            if citation not in cited:
                cited.append(citation)
            marks += f"[{cited.index(citation) + 1}]"
        flag = " (unsupported)" if sentence.support == "unsupported" else ""
        parts.append(f"{sentence.text} {marks}{flag}")
    print(wrap(" ".join(parts)))
    print()
    for number, citation in enumerate(cited, 1):
        page = f", page {citation.page}" if citation.page else ""
        print(
            f"[{number}] {citation.title} ({citation.published or 'no date'}{page})  {citation.url}".rstrip()
        )
        print(wrap(f"“{citation.quote}”", "    "))
        print(f"    {citation.source_id}, characters {citation.start} to {citation.end}")


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


def print_checks(checks: list[Check]) -> None:
    marks = {"works": "ok     ", "absent": "absent ", "broken": "BROKEN "}
    for check in checks:
        print(f"{marks[check.state]} {check.name:16} {check.detail}")
        if check.fix:
            print(wrap(check.fix, " " * 25 + "-> "))
