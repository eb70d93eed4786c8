"""Measurements as text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.printing import wrap

if TYPE_CHECKING:
    from agents.bench.speed import ModelSpeed, WorldSpeed
    from agents.judging.remembering import Tracking
    from agents.judging.surprise import Surprises
    from agents.judging.uncertainty import Detection
    from agents.judging.walls import Walls
    from corpus.bench.answers import AnswersBench, Count
    from corpus.bench.ingest import IngestBench
    from corpus.bench.refusal import RefusalBench
    from corpus.bench.retrieval import RetrievalBench


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


def print_detections(rows: Sequence[Detection]) -> None:
    """A line a change: how well the joined score finds wrong rollouts, then each sign alone."""
    names = list(dict.fromkeys(row.score for row in rows))
    print(
        f"{'':14}{'wrong':>7}" + "".join(f"{name:>10}" for name in names) + "   95 % interval of " + names[0]
    )
    for change in dict.fromkeys(row.change for row in rows):
        here = {row.score: row for row in rows if row.change == change}
        first = here[names[0]]
        cells = "".join(f"{here[name].auroc:10.2f}" for name in names)
        print(
            f"{change or 'as learned':14}{first.wrong:6.1%} {cells}   {first.low:.2f} to {first.high:.2f}, n {first.n}"
        )
    print(
        wrap(
            "AUROC: the chance that a wrong rollout scores higher than a right one, over the changed and the ordinary "
            "rollouts together, 16 steps each. Wrong: more than 6 px off at any step. No score is told what changed."
        )
    )


def print_walls(found: Walls) -> None:
    """What came through solid wall, near the door and far from it, and what came through the door."""
    print(f"{found.model}, {found.world}: imagined dots driven straight at the wall between the rooms\n")
    print(f"  {'through solid wall':34}{found.solid}   (0 is right)")
    for band, through in found.bands.items():
        low, high = band.split("-")
        print(f"  {f'  {low} to {high} px from the door':34}{through}")
    print(f"  {'through the door':34}{found.door}   (1 is right)\n")
    print(
        wrap(
            f"In brackets: 95 % interval (Wilson). Rooms of evaluation tasks, which training never saw where layouts vary; "
            f"10 steps straight ahead from 6 to 12 px before the wall; seed {found.seed}."
        )
    )


def print_tracking(found: Tracking) -> None:
    """Pixels, a line a moment, and the ratio that counts."""
    print(f"{found.model}: pixels between the ball and where it is expected one step before the look\n")
    for label, pixels, n in (
        ("never hidden", found.never_hidden, found.n_never_hidden),
        ("coming out again", found.reemerging, found.n_reemerging),
        ("the same, guessed: where it last showed", found.last_seen, found.n_reemerging),
    ):
        print(f"  {label:42}{pixels:6.2f}   n {n}")
    print(f"  {'while hidden':42}{found.hidden:6.2f}")
    print(
        f"\ncoming out against never hidden: {found.ratio:.2f} times [{found.ratio_low:.2f}, {found.ratio_high:.2f}]"
    )
    print(
        wrap(
            f"{found.episodes} fresh episodes, seed {found.seed}; 95 % interval bootstrapped over episodes; hidden for up to "
            f"{found.longest} looks."
        )
    )


def print_surprises(found: Surprises) -> None:
    """A line a violation: pairs, single clips, and the same of untrained networks."""
    print(f"{found.model}\n\n{'':10}{'pairs':>6}{'':16}{'AUROC':>6}{'':14}untrained: pairs  AUROC")
    for row in found.violations:
        print(
            f"{row.kind:10}{row.paired:6.2f} [{row.paired_low:.2f}, {row.paired_high:.2f}]  {row.single:6.2f} "
            f"[{row.single_low:.2f}, {row.single_high:.2f}]{row.null_paired:13.2f}{row.null_single:7.2f}"
        )
    print(
        wrap(
            f"{found.violations[0].n} quadruples of each violation, seed {found.seed}; 95 % intervals. Pairs: how often a "
            f"quadruple's impossible clips surprise more than its legal ones; AUROC: any impossible clip against any legal "
            f"one. Surprise: {found.score}."
        )
    )


def print_retrieval_bench(result: RetrievalBench) -> None:
    """A line a method, with 95 % intervals."""
    print(
        f"{result.dataset}: {result.documents:,} documents, {result.passages:,} passages, {result.questions} questions\n"
    )
    print("method                nDCG@10                recall@10              median ms    95 %   CPU ms")
    for row in result.rows:
        (a, b), (c, d) = row.ndcg_interval, row.recall_interval
        print(
            f"{row.method:20}  {row.ndcg:.3f} [{a:.3f}, {b:.3f}]   {row.recall:.3f} [{c:.3f}, {d:.3f}]   "
            f"{row.ms_median:9.1f} {row.ms_p95:7.1f} {row.cpu_ms_median:8.1f}"
        )
    print()
    print(
        wrap(
            f"A document ranks by its best passage. Intervals: 95 %, bootstrap over the questions, seed {result.seed}. Time: "
            f"from a question's text to ranked passages, warm. {result.threads} thread; {result.machine}; {result.date}"
        )
    )


def print_refusal_bench(result: RefusalBench, figure: str) -> None:
    """A line a score, then where the product stands."""
    print(
        f"{result.dataset}: {result.questions} questions, {result.answerable} of them answerable; {result.passages:,} passages\n"
    )
    print(
        "how sure              area under risk-coverage   behind the first          at half   AUROC of answerable"
    )
    for i, curve in enumerate(result.curves):
        low, high = curve.aurc_interval
        least, most = curve.behind_interval
        behind = f"{curve.behind:+.3f} [{least:+.3f}, {most:+.3f}]" if i else ""
        print(
            f"{curve.name:20}  {curve.aurc:.3f} [{low:.3f}, {high:.3f}]       {behind:25} {curve.risk_at_half:.3f}     {curve.auroc:.3f}"
        )
    print(
        f"\nby default (caution {result.caution:.2f}) it answers {result.answered:.1%}, of which {result.risk:.1%} wrongly; refusal "
        f"precision {result.precision:.2f}, recall {result.recall:.2f}\nfigure: {figure}\n"
    )
    print(
        wrap(
            f"Questions drawn by seed {result.seed} from {', '.join(result.articles)}, to which nothing was fitted"
            f"{f' ({len(result.left_out)} others were)' if result.left_out else ''}; paragraphs of all the file's articles to find. Wrong: no answer in the file, or none of its answers in what is quoted. "
            f"{result.ms_median:.0f} ms a question, {result.threads} thread; {result.machine}; {result.date}"
        )
    )


def print_answers_bench(result: AnswersBench) -> None:
    """Both halves side by side, then by kind."""

    def cell(count: Count) -> str:
        return f"{count.share:.2f} ({count.right}/{count.n})" if count.n else "-"

    def row(name: str, counts: Sequence[Count]) -> None:
        print(f"{name:28}" + "".join(f"{cell(count):>18}" for count in counts))

    halves = result.halves
    print(f"{result.questions:28}" + "".join(f"{half.half + ' half':>18}" for half in halves))
    row("answered rightly", [half.right for half in halves])
    row("refusal precision", [half.precision for half in halves])
    row("refusal recall", [half.recall for half in halves])
    row("source in the first five", [half.found for half in halves])
    row("dialogues, every turn right", [half.dialogues for half in halves])
    row("turns", [half.turns for half in halves])
    for title, tables in (
        ("answered rightly, by kind", [half.kinds for half in halves]),
        ("refused, by reason", [half.reasons for half in halves]),
    ):
        print(f"\n{title}")
        for name in sorted({name for table in tables for name in table}):
            row(f"  {name}", [table[name] for table in tables if name in table])
    words = ", ".join(f"{half.words_mean:.0f}" for half in halves)
    times = ", ".join(f"{half.ms_median:.0f}" for half in halves)
    print(
        f"\nwords an answer: {words}; ms a question: {times} ({result.threads} thread; {result.machine}; {result.date})"
    )


def print_model_speeds(rows: list[ModelSpeed]) -> None:
    """A line a model; the protocol first."""
    print(f"batch {rows[0].batch}, one thread, {rows[0].seconds:g} s of processor time for each figure;")
    print("imagined: 4,096 states together, 16 steps each; real: the simulator alone, and with its frames\n")
    print(
        "                                            trained   microseconds a frame    steps a second, thousands"
    )
    print(
        "model                   parameters     KB   seconds   encode predict decode   imagined     real  drawn"
    )
    for row in rows:
        print(
            f"{row.model:24}{row.parameters:10,}{row.kilobytes:7.0f}{row.training_seconds:10.0f}"
            f"{row.encode_us:9.1f}{row.predict_us:8.2f}{row.decode_us:7.1f}"
            f"{row.imagined_per_second / 1000:11,.0f}{row.real_per_second / 1000:9,.0f}{row.drawn_per_second / 1000:7,.0f}"
        )
