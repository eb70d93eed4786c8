"""`orrery bench WHAT`: figures against a data set or a world, each a command with options of its own."""

from __future__ import annotations

import sys
from pathlib import Path

from tyro.conf import Positional
from tyro.extras import SubcommandApp

from app.commands import app, keep, note, show

benches = SubcommandApp()


@app.command
def bench() -> None:
    """Measure on this machine; `orrery bench --help` lists what."""
    benches.cli(prog="orrery bench", description="Measure on this machine.", args=sys.argv[2:])


@benches.command
def ingest(passages: int = 100_000, json: bool = False) -> None:
    """What a large library costs to fill, to open and to search (about ten minutes).

    Args:
        passages: How many the library is filled with; it lies in a temporary folder.
        json: Print the record.
    """
    from app.printing.bench import print_ingest_bench
    from corpus.bench.ingest import bench_ingest

    result = bench_ingest(passages, note)
    show(result.to_json()) if json else print_ingest_bench(result)


@benches.command
def worlds(json: bool = False) -> None:
    """Steps and frames a second of each world.

    Args:
        json: Print the records.
    """
    from agents.bench.speed import worlds as run
    from app.printing.bench import print_world_speeds

    rows = run()
    show([row.to_json() for row in rows]) if json else print_world_speeds(rows)


@benches.command
def models(names: Positional[tuple[str, ...]] = (), json: bool = False) -> None:
    """Size, training time and speed of each shipped model, and imagined steps a second against real ones.

    Args:
        names: Only these: shipped models, checkpoints' paths or folders.
        json: Print the records.
    """
    from agents.bench.speed import models as run
    from app.printing.bench import print_model_speeds

    rows = run(names, report=note)
    show([row.to_json() for row in rows]) if json else print_model_speeds(rows)


@benches.command
def uncertainty(model: str = "two-rooms-random-jepa", rollouts: int = 500, json: bool = False) -> None:
    """Which score knows that an imagined rollout will be wrong, as learned and with each thing changed in the world.

    Args:
        model: A shipped model's name, or a folder with a checkpoint.
        rollouts: For each of three seeds and each change.
        json: Print the Detection records.
    """
    from agents.judging.uncertainty import detect
    from app.printing.bench import print_detections

    rows = detect(model, rollouts, report=note)
    show([row.to_json() for row in rows]) if json else print_detections(rows)


@benches.command
def walls(model: str = "two-rooms-random-jepa", dots: int = 2000, json: bool = False) -> None:
    """Whether walls are solid in imagination: how many imagined dots, driven straight at solid wall, come through it.

    Args:
        model: A shipped model of two-rooms, or a folder with a checkpoint.
        dots: Driven at solid wall; a quarter as many are driven through the door.
        json: Print the Walls record.
    """
    from agents.judging.walls import walls as measure
    from app.printing.bench import print_walls

    found = measure(model, dots)
    show(found.to_json()) if json else print_walls(found)


@benches.command
def tracking(model: str = "peekaboo-tracker", episodes: int = 400, json: bool = False) -> None:
    """How far off a ball is expected as it comes out from behind a screen, against a ball that was never hidden.

    Args:
        model: A shipped model that remembers peekaboo, or a folder with a checkpoint.
        episodes: Fresh recordings of 48 steps.
        json: Print the Tracking record.
    """
    from agents.judging.remembering import tracking as measure
    from app.printing.bench import print_tracking

    found = measure(model, episodes)
    show(found.to_json()) if json else print_tracking(found)


@benches.command
def surprises(model: str = "peekaboo-tracker", quadruples: int = 100, json: bool = False) -> None:
    """Whether a model is more surprised by what cannot be than by what can, for five violations, and what an untrained
    network is surprised by.

    Args:
        model: A shipped model that remembers peekaboo, or a folder with a checkpoint.
        quadruples: Of each violation: two legal clips, and the same two with their tails swapped.
        json: Print the Surprises record.
    """
    from agents.judging.surprise import surprises as measure
    from app.printing.bench import print_surprises

    found = measure(model, quadruples)
    show(found.to_json()) if json else print_surprises(found)


@benches.command
def retrieval(dataset: Path, seed: int = 0, json: bool = False) -> None:
    """nDCG@10 and recall@10 of BM25, of MiniLM and of each fusion, on a test collection in BEIR's layout.

    Args:
        dataset: The folder with corpus.jsonl, queries.jsonl and qrels.tsv (or qrels/test.tsv), gzipped or not.
        seed: Of the bootstrap intervals.
        json: Print the record.
    """
    from app.printing.bench import print_retrieval_bench
    from corpus.bench.retrieval import bench_retrieval

    result = bench_retrieval(dataset, seed, note)
    show(result.to_json()) if json else print_retrieval_bench(result)


@benches.command
def refusal(
    dataset: Path,
    sample: int = 600,
    seed: int = 0,
    out: Path = Path("runs/refusal.svg"),
    json: bool = False,
) -> None:
    """Whether the answerer knows when not to answer: risk by coverage on SQuAD 2.0, against cosine and BM25 alone.

    Args:
        dataset: SQuAD 2.0's dev-v2.0.json, gzipped or not.
        sample: Questions that are drawn from the articles on which nothing was trained.
        seed: Of the draw.
        out: The file for the figure (SVG).
        json: Print the record.
    """
    from app.printing.bench import print_refusal_bench
    from corpus.bench.refusal import bench_refusal, figure

    result = bench_refusal(dataset, sample, seed, note)
    drawn = keep(figure(result), out)
    show({**result.to_json(), "figure": drawn}) if json else print_refusal_bench(result, drawn)


@benches.command
def answers(questions: Path, json: bool = False) -> None:
    """Answered rightly and refused rightly, in both halves of a file of questions, by kind, and its dialogues.

    Args:
        questions: The YAML file; ours is tests/corpus/evaluation.yaml.
        json: Print the record.
    """
    from app.printing.bench import print_answers_bench
    from corpus.bench.answers import bench_answers
    from corpus.retrieval.index import build_corpus

    result = bench_answers(questions, build_corpus(own=False), report=note)
    show(result.to_json()) if json else print_answers_bench(result)


@benches.command
def planning(
    model: str = "", episodes: int = 200, out: Path = Path("runs/planning.svg"), json: bool = False
) -> None:
    """Every planner's and objective's success in the model and in the truth, and its milliseconds; what more samples and
    steps cost.

    Args:
        model: A shipped model, or a folder with a checkpoint; left out, two-rooms-jepa.
        episodes: Tasks, the same for every row.
        out: The file for the figure (SVG).
        json: Print the record.
    """
    from agents.bench.planning import planning as measure
    from app.printing.planning import print_planning_bench

    found = measure(model, episodes, note)
    figure = keep(found.figure(), out)
    show({**found.to_json(), "figure": figure}) if json else print_planning_bench(found, figure)


@benches.command
def contrast(questions: int = 30, json: bool = False) -> None:
    """Who knows better what happens next, text or a model that imagines it: right answers and Brier scores, by kind.

    Args:
        questions: Fresh scenarios of each world.
        json: Print the Score records, and who is the better one to ask about what.
    """
    from agents.bench.contrast import bench_contrast, winners
    from app.printing.lab import print_scores

    rows = bench_contrast(questions, report=note)
    won = winners(rows)
    if json:
        show({"scores": [row.to_json() for row in rows], "winners": [row.to_json() for row in won]})
    else:
        print_scores(rows, won)
