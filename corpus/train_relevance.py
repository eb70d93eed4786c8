"""Make `relevance.safetensors` again: `python -m corpus.train_relevance --squad dev-v2.0.json.gz`.

A few lines of torch: pairs in batches of like length, one logit for "answers" and two a word piece for where, AdamW on
the adapter alone. Then two numbers that make a logit a probability, found on articles kept apart. `corpus.relevance_bench --keep` puts the
figures on articles that neither saw into the passport.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from corpus.embed import Embedder, find_embedder
from corpus.errors import CorpusError
from corpus.home import write_atomically
from corpus.lock import Report
from corpus.relevance import ADAPTER, FORMAT, Relevance
from corpus.relevance_bench import Pool, machine
from corpus.relevance_data import Article, Pair, deal, pairs, read_squad
from corpus.relevance_model import Batch, Rank, Reader, Tokens, collate, load_encoder, tokens

LICENCE = (
    "Trained on SQuAD 2.0 (Rajpurkar, Jia and Liang, Know What You Don't Know, ACL 2018), which is under CC BY-SA 4.0; "
    "its texts are from Wikipedia. No text of it is in the adapter. The encoder is all-MiniLM-L6-v2 (Apache-2.0)."
)


@dataclass(frozen=True)
class Recipe:
    """How the judge is trained."""

    squad: Path
    """SQuAD 2.0's dev-v2.0.json, or the same with .gz."""
    out: Path = ADAPTER
    """The adapter's file; its passport lies beside it, with .json."""
    epochs: int = 1
    """Draws of pairs; each meets every question."""
    batch: int = 32
    """Pairs a step."""
    rate: float = 1e-3
    """Learning rate after 100 steps; it falls in a straight line to 2 % of that."""
    where: float = 0.5
    """Weight of the loss for where the answer stands, beside the one for whether there is one."""
    rank: int = 8
    """Of the adapter."""
    seed: int = 0


@dataclass(frozen=True)
class Lesson:
    """A pair as the reader gets it, and what it should say."""

    pieces: Tokens
    answers: float
    first: int
    """Place of the answer's first word piece; 0 where there is none."""
    last: int


def main(recipe: Recipe) -> None:
    """Train, calibrate, measure, write."""
    began, cpu = time.perf_counter(), time.process_time()
    embedder = find_embedder()
    training, tuning, test = deal(read_squad(recipe.squad))
    reader = train(embedder, training, recipe, lambda line: print(line, flush=True))
    seconds, spent = time.perf_counter() - began, time.process_time() - cpu
    made = {name: tensor.half().contiguous() for name, tensor in reader.trained().items()}
    passport = {
        "format": FORMAT,
        "embedder": embedder.hash,
        "size": dataclasses.asdict(reader.size),
        "calibration": [1.0, 0.0],
        "licence": LICENCE,
        "data": {
            "file": recipe.squad.name,
            "sha256": hashlib.sha256(recipe.squad.read_bytes()).hexdigest(),
            **{name: [article.title for article in part] for name, part in
               (("training", training), ("tuning", tuning), ("test", test))},
        },
        "recipe": _told(recipe),
        "seconds": round(seconds),
        "cpu_seconds": round(spent),
        "machine": machine(),
        "date": time.strftime("%Y-%m-%d"),
    }  # fmt: skip
    save(recipe.out, made, passport)
    passport["calibration"] = calibrated(Relevance(embedder, recipe.out), Pool(tuning, embedder, every=3))
    save(recipe.out, made, passport)
    print(f"{recipe.out.name}: {seconds:.0f} s of training, {spent:.0f} s of CPU; see corpus.relevance_bench")


def train(embedder: Embedder, articles: Sequence[Article], recipe: Recipe, report: Report) -> Reader:
    """The reader with a trained adapter. The frozen weights are held in bfloat16, the adapter in float32."""
    draw = random.Random(recipe.seed)
    tokenizer, encoder = load_encoder(embedder.folder)
    encoder.set_attn_implementation("eager")  # torch's fused attention is slow backwards on a CPU
    reader = Reader(encoder.to(torch.bfloat16), Rank(recipe.rank, 2.0 * recipe.rank), recipe.seed)
    learnt = [p for p in reader.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(learnt, lr=recipe.rate, weight_decay=0.01)
    epochs = [lessons(tokenizer, pairs(articles, draw)) for _ in range(recipe.epochs)]
    total = sum(-(-len(epoch) // recipe.batch) for epoch in epochs)
    part = recipe.out.with_suffix(".part")
    step = _resumed(part, recipe, reader, optimiser)
    losses: list[float] = []
    began = time.perf_counter()
    for here, lesson in enumerate(
        chain.from_iterable(batches(epoch, recipe.batch, draw) for epoch in epochs)
    ):
        if here < step:
            continue
        for group in optimiser.param_groups:
            group["lr"] = recipe.rate * min(1, (here + 1) / 100) * max(0.02, 1 - here / total)
        loss = lesson_loss(reader, lesson, recipe.where)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(learnt, 1.0)
        optimiser.step()
        losses.append(loss.item())
        if (here + 1) % 50 == 0 and here + 1 < total:
            took = time.perf_counter() - began
            report(f"step {here + 1} of {total}: loss {np.mean(losses[-50:]):.3f}, {took:.0f} s")
            state = {"recipe": _told(recipe), "step": here + 1, "adapter": reader.trained()}
            torch.save(state | {"optimiser": optimiser.state_dict()}, part)
    part.unlink(missing_ok=True)
    return reader


def _told(recipe: Recipe) -> dict[str, Any]:
    """The recipe without its paths."""
    return {name: value for name, value in dataclasses.asdict(recipe).items() if name not in ("squad", "out")}


def _resumed(part: Path, recipe: Recipe, reader: Reader, optimiser: torch.optim.Optimizer) -> int:
    """Steps that a run with the same recipe had taken before it was stopped, its state taken over; else 0."""
    if not part.is_file():
        return 0
    known = torch.load(part)
    if known["recipe"] != _told(recipe):
        return 0
    reader.load(known["adapter"])
    optimiser.load_state_dict(known["optimiser"])
    return int(known["step"])


def lessons(tokenizer: Any, made: Sequence[Pair]) -> list[Lesson]:
    """Pairs as word pieces; an answer that was cut off the text's end is no answer."""
    found: list[Lesson] = []
    offsets = tokenizer([p.text for p in made], add_special_tokens=False, return_offsets_mapping=True)
    pieces = tokens(tokenizer, [p.question for p in made], [p.text for p in made])
    for pair, (ids, types), places in zip(made, pieces, offsets["offset_mapping"], strict=True):
        first = last = 0
        if pair.span:
            start = types.index(1)
            inside = [k for k, (a, b) in enumerate(places) if a < pair.span[1] and b > pair.span[0]]
            if inside and inside[-1] < sum(types):
                first, last = start + inside[0], start + inside[-1]
        found.append(Lesson((ids, types), float(pair.answers and first > 0), first, last))
    return found


def batches(made: Sequence[Lesson], size: int, draw: random.Random) -> Iterator[list[Lesson]]:
    """Shuffled; within every 40 batches like lengths together, so that little is padding."""
    order = list(made)
    draw.shuffle(order)
    for i in range(0, len(order), 40 * size):
        near = sorted(order[i : i + 40 * size], key=lambda lesson: len(lesson.pieces[0]))
        cut = [near[k : k + size] for k in range(0, len(near), size)]
        draw.shuffle(cut)
        yield from cut


def lesson_loss(reader: Reader, part: Sequence[Lesson], where: float) -> Tensor:
    """Whether the text answers (binary cross-entropy), and where the answer begins and ends (over the pieces)."""
    batch: Batch = collate([lesson.pieces for lesson in part])
    logits, ends = reader(batch)
    loss = functional.binary_cross_entropy_with_logits(logits, torch.tensor([x.answers for x in part]))
    first = functional.cross_entropy(ends[:, :, 0], torch.tensor([lesson.first for lesson in part]))
    last = functional.cross_entropy(ends[:, :, 1], torch.tensor([lesson.last for lesson in part]))
    return loss + where * (first + last) / 2


def calibrated(relevance: Relevance, pool: Pool) -> list[float]:
    """[slope, shift] of Platt's scaling over the candidates of the pool's questions, by Newton's method."""
    x = np.concatenate([relevance.logits(case.question, case.texts) for case in pool.cases])
    y = np.concatenate([case.answers for case in pool.cases]).astype(float)
    design = np.stack([x, np.ones_like(x)], 1)
    weights = np.array([1.0, 0.0])
    for _ in range(50):
        p = 1 / (1 + np.exp(-design @ weights))
        step = np.linalg.solve(
            (design * (p * (1 - p))[:, None]).T @ design + 1e-6 * np.eye(2), design.T @ (y - p)
        )
        weights += step
        if np.abs(step).max() < 1e-8:
            break
    return [round(float(w), 5) for w in weights]


def save(path: Path, made: dict[str, Tensor], passport: dict[str, Any]) -> None:
    """The adapter in half precision, and beside it the passport with its hash."""
    from safetensors.torch import save as serialise

    raw = serialise(made, {"format": FORMAT})
    write_atomically(path, raw)
    known = passport | {"sha256": hashlib.sha256(raw).hexdigest()}
    write_atomically(path.with_suffix(".json"), (json.dumps(known, indent=1) + "\n").encode())


if __name__ == "__main__":
    import tyro

    try:
        main(tyro.cli(Recipe))
    except CorpusError as error:
        raise SystemExit(f"orrery: {error}") from None
