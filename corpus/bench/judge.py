"""Fits `corpus/answering/judge.safetensors`: what answers a question, what sets it right, and what does neither.

    python -m corpus.bench.judge --dataset dev-v2.0.json.gz

When questions are added, it is fitted on, from what it was, to all of them:

    python -m corpus.bench.judge --dataset dev-v2.0.json.gz --begin corpus/answering/judge.safetensors \
        --steps 250 --rate 3e-5 --seed 1

What is shipped was fitted so: 900 steps to the first 31,000 questions, then 250 to all 34,700.

Four pairs of five are of the digests: a known question with its sentence or with another one near it, or a near miss with
a sentence near it (`corpus.retrieval.asked`). The fifth is of SQuAD 2.0, of those articles that `corpus.bench.strangers`
is fitted to, so that it learns what an answer is and not only what world models are.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from corpus.answering.judge import ANSWERS, KINDS, NEITHER, PATH, SCALE, SETS_RIGHT, Judge, judged
from corpus.bench.squad import read_squad
from corpus.home import write_atomically
from corpus.library.passages import sentences
from corpus.library.shipped import SOURCES, VECTORS, read_sources, sentences_of
from corpus.loaders.text import sha256
from corpus.retrieval.asked import FOLDER, NOTHING, Known, read_asked
from corpus.retrieval.embed import Embedder, find_embedder
from corpus.retrieval.fast import HALF, processor_flags
from corpus.retrieval.metric import read_metric
from corpus.retrieval.vectors import read_folder

RATE, HEAD_RATE, WARM = 8e-5, 1e-3, 50
"""AdamW's step for the layers and for the head, and after how many batches it is whole; then it falls to 0."""
BATCH, PART = 128, 64
"""Pairs a step, and how many of them at once: of like length, so that little is padding."""
STRANGE = 0.2
"""Share of pairs that are of SQuAD."""
OFTEN = 3.0
"""How much more often a near miss or a false premise is drawn than an answered question."""
OWN = {ANSWERS: 0.4, SETS_RIGHT: 0.75}
"""How often a question comes with its own sentence; else with another one near it."""
NEAR, CLOSE = 24, 6
"""Sentences that count as near a question, and the mean place of the one drawn; a near miss gets one of the first."""
REST = 0.35
"""How often an answered question of SQuAD comes with another sentence of its paragraph."""

Pair = tuple[str, str, int]
"""A question, a sentence, and which of `KINDS` the two are."""


@dataclass(frozen=True, eq=False)
class Digests:
    """The known questions, and every sentence of the digests."""

    known: Sequence[Known]
    texts: Sequence[str]
    own: Sequence[int]
    """Row of each question's sentence; -1 for a near miss."""
    near: np.ndarray
    """[questions, NEAR] rows of the nearest sentences in the learned metric, the nearest first."""

    @cached_property
    def _often(self) -> list[float]:
        return np.cumsum([1.0 if known.answered else OFTEN for known in self.known]).tolist()

    def pair(self, rng: random.Random) -> Pair:
        [i] = rng.choices(range(len(self.known)), cum_weights=self._often)
        known, own = self.known[i], self.own[i]
        if own < 0:
            return known.text, self.texts[self.near[i][rng.randrange(CLOSE)]], NEITHER
        kind = SETS_RIGHT if known.wrong else ANSWERS
        if rng.random() < OWN[kind]:
            return known.text, self.texts[own], kind
        others = [row for row in self.near[i] if row != own]
        return known.text, self.texts[others[min(int(rng.expovariate(1 / CLOSE)), NEAR - 2)]], NEITHER


def digests(embedder: Embedder) -> Digests:
    """All that is shipped."""
    stored, _ = read_folder(SOURCES / VECTORS, embedder.hash)
    texts: list[str] = []
    known: list[Known] = []
    own: list[int] = []
    for source in read_sources():
        mine = sentences_of(source)
        for one in read_asked(SOURCES / FOLDER / f"{source.id}.txt"):
            rows = (i for i, text in enumerate(mine) if text.startswith(one.opening))
            own.append(-1 if one.opening == NOTHING else len(texts) + next(rows))
            known.append(one)
        texts += mine
    metric = read_metric(embedder.hash)
    of_texts, of_known = (
        metric.turn(np.stack([stored[sha256(text)] for text in found]))
        for found in (texts, [one.text for one in known])
    )
    near = np.concatenate(
        [np.argsort(-(part @ of_texts.T), axis=1)[:, :NEAR] for part in np.array_split(of_known, 16)]
    )
    return Digests(known, texts, own, near)


@dataclass(frozen=True)
class Strange:
    """A question of SQuAD, the sentence with its answer or with what only seems to be one, and its neighbours."""

    question: str
    sentence: str
    answered: bool
    rest: tuple[str, ...]

    def pair(self, rng: random.Random) -> Pair:
        if self.answered and self.rest and rng.random() < REST:
            return self.question, rng.choice(self.rest), NEITHER
        return self.question, self.sentence, ANSWERS if self.answered else NEITHER


def strange(dataset: Path) -> list[Strange]:
    """The questions of every second article whose answer stands in one sentence."""
    found = []
    for article in read_squad(dataset)[::2]:
        for paragraph in article.paragraphs:
            spans = list(sentences(paragraph.text, 0, len(paragraph.text)))
            texts = [paragraph.text[a:b] for a, b in spans]
            for asked in paragraph.questions:
                at = [i for i, (a, b) in enumerate(spans) if any(a <= start < b for start, _ in asked.spans)]
                if at:
                    rest = tuple(text for i, text in enumerate(texts) if i not in at)
                    found.append(Strange(asked.text, texts[at[0]], asked.answerable, rest))
    return found


def packed(changes: dict[str, Any]) -> dict[str, Any]:
    """Each matrix of a state as whole numbers of a byte with a scale a row, the rest in half precision."""
    import torch

    stored = {}
    for name, change in changes.items():
        if change.ndim < 2:
            stored[name] = change.half()
            continue
        scale = change.abs().amax(1).clamp(min=1e-12) / 127
        stored[name] = (change / scale[:, None]).round().to(torch.int8)
        stored[name + SCALE] = scale
    return stored


def main(
    dataset: Path,
    out: Path = PATH,
    begin: Path | None = None,
    steps: int = 900,
    rate: float = RATE,
    seed: int = 0,
    threads: int = 2,
) -> None:
    """Fit and write the judge.

    Args:
        dataset: SQuAD 2.0's dev-v2.0.json, gzipped or not.
        out: Where to write.
        begin: A judge to go on from; else the embedder's own layers.
        rate: AdamW's step for the layers at its largest.
        steps: Batches.
        seed: Of the draws and of the head.
        threads: Of torch.
    """
    import torch
    from safetensors.torch import save
    from torch.nn.functional import cross_entropy

    embedder = find_embedder()
    encoder: Any = embedder.model[0].model
    tokenizer: Any = embedder.model.tokenizer
    half = bool(HALF & processor_flags())
    torch.set_num_threads(threads)
    torch.manual_seed(seed)
    rng = random.Random(seed)
    own, strangers = digests(embedder), strange(dataset)
    before = {name: weight.detach().clone() for name, weight in encoder.encoder.named_parameters()}
    encoder.embeddings.requires_grad_(False)
    head = torch.nn.Linear(encoder.config.hidden_size, len(KINDS))
    if begin:
        earlier = Judge(embedder, begin)
        encoder = earlier.encoder
        with torch.no_grad():
            head.weight.copy_(earlier.head)
            head.bias.copy_(earlier.bias)
    groups: list[dict[str, Any]] = [
        {"params": list(encoder.encoder.parameters())},
        {"params": head.parameters(), "lr": HEAD_RATE},
    ]
    optimiser = torch.optim.AdamW(groups, lr=rate, weight_decay=0.01)
    falling = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min(1, (step + 1) / WARM) * (1 - step / steps)
    )
    encoder.train()
    began, mean = time.perf_counter(), 0.0
    for step in range(steps):
        pairs = [(rng.choice(strangers) if rng.random() < STRANGE else own).pair(rng) for _ in range(BATCH)]
        pairs.sort(key=lambda pair: len(pair[1]))
        optimiser.zero_grad()
        for part in (pairs[i : i + PART] for i in range(0, BATCH, PART)):
            with torch.autocast("cpu", torch.bfloat16, enabled=half):
                states = judged(encoder, tokenizer, [(question, text) for question, text, _ in part])
            loss = cross_entropy(head(states), torch.tensor([kind for *_, kind in part])) * PART / BATCH
            loss.backward()
            mean += float(loss.detach()) / 50
        torch.nn.utils.clip_grad_norm_(encoder.parameters(), 1.0)
        optimiser.step()
        falling.step()
        if step % 50 == 49:
            print(f"{step + 1} of {steps}: loss {mean:.3f}, {time.perf_counter() - began:.0f} s", flush=True)
            mean = 0.0
    changes = {name: weight.detach() - before[name] for name, weight in encoder.encoder.named_parameters()}
    tensors = packed(changes) | {"head": head.weight.detach().clone(), "bias": head.bias.detach().clone()}
    metadata = {"embedder": embedder.hash, "seed": str(seed), "steps": str(steps)}
    write_atomically(out, save(tensors, metadata))
    out.chmod(0o644)  # it ships: everyone may read it
    print(f"{len(own.known)} known questions, {len(strangers)} of SQuAD, {out.stat().st_size / 2**20:.1f} MB")


if __name__ == "__main__":
    import tyro

    tyro.cli(main)
