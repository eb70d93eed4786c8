"""A learned metric: one matrix that turns vectors of questions and sentences so that those of one matter lie closer.

MiniLM has seen few questions about world models. The matrix is fitted to the questions that the digests' sentences answer
(`corpus.retrieval.asked`) and to the wordings of the guides: each shall be nearer to its sentence, and to the other
questions of it, than to everything else.
The loss is InfoNCE (van den Oord et al., Representation Learning with Contrastive Predictive Coding, 2018, eq. 4) with all
the right ones' shares added. `python -m corpus.retrieval.metric` fits it and writes `metric.safetensors`.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

PATH = Path(__file__).parent / "metric.safetensors"
STEPS, BATCH, OTHERS = 300, 512, 4096
"""Questions a step, and how many random wrong ones they are held against beside each other's right ones."""
RATE, PULL, SHARPNESS = 1e-3, 1e-3, 20.0
"""Adam's step, falling to 0; the pull towards changing nothing; what cosines are multiplied with at first (it is fitted)."""


@dataclass(frozen=True, eq=False)
class Metric:
    """Cosines of turned vectors are what it measures."""

    matrix: np.ndarray | None
    """[d, d]; None leaves vectors as they are."""

    def turn(self, vectors: np.ndarray) -> np.ndarray:
        """[..., d] of unit length."""
        if self.matrix is None:
            return vectors
        turned = vectors @ self.matrix.T
        return turned / np.linalg.norm(turned, axis=-1, keepdims=True)


@cache
def read_metric(embedder: str, path: Path = PATH) -> Metric:
    """What was fitted to the vectors of the embedder with this hash; for another, the one that changes nothing."""
    from safetensors import safe_open

    with safe_open(path, "numpy") as file:
        mine = (file.metadata() or {}).get("embedder") == embedder
        return Metric(file.get_tensor("matrix").astype(np.float32) if mine else None)


def fit(
    questions: np.ndarray, of: Sequence[int] | np.ndarray, sentences: np.ndarray, seed: int = 0
) -> np.ndarray:
    """[d, d] fitted to `questions` [n, d], each of which is answered by the sentence of row `of` of `sentences` [m, d]."""
    import torch
    from torch.nn.functional import normalize

    rng = np.random.default_rng(seed)
    everything = torch.from_numpy(np.concatenate([questions, sentences]))
    matter = np.concatenate([np.asarray(of), np.arange(len(sentences))])
    members = [np.flatnonzero(matter == row) for row in range(len(sentences))]
    same = torch.eye(questions.shape[1])
    change = torch.zeros_like(same, requires_grad=True)
    sharpness = torch.tensor(SHARPNESS).log().requires_grad_()
    optimiser = torch.optim.Adam([change, sharpness], lr=RATE)
    falling = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: 1 - step / STEPS)
    for _ in range(STEPS):
        asked = rng.integers(len(questions), size=BATCH)
        right = [members[matter[row]] for row in asked]
        held = np.unique(np.concatenate([*right, rng.integers(len(everything), size=OTHERS)]))
        turned = normalize(everything[torch.from_numpy(held)] @ (same + change).T, dim=1)
        mine = turned[torch.from_numpy(np.searchsorted(held, asked))]
        itself = torch.from_numpy(asked[:, None] == held[None, :])
        wanted = torch.from_numpy(matter[asked][:, None] == matter[held][None, :]) & ~itself
        shares = (mine @ turned.T * sharpness.exp()).masked_fill(itself, -1e9).log_softmax(1)
        loss = -shares.masked_fill(~wanted, -1e9).logsumexp(1).mean() + PULL * (change**2).sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        falling.step()
    return (same + change).detach().numpy()


def main(seed: int = 0, out: Path = PATH) -> None:
    """Fit to the shipped questions and write the matrix.

    Args:
        seed: Of the draws.
        out: Where to write.
    """
    from safetensors.numpy import save as serialise

    from corpus.answering.guided import guides
    from corpus.home import write_atomically
    from corpus.library.shipped import SOURCES, VECTORS, read_sources, sentences_of
    from corpus.loaders.text import sha256
    from corpus.retrieval.asked import FOLDER, read_asked
    from corpus.retrieval.embed import find_embedder
    from corpus.retrieval.vectors import read_folder

    embedder = find_embedder()
    stored, _ = read_folder(SOURCES / VECTORS, embedder.hash)
    sentences: list[str] = []
    questions: list[str] = []
    of: list[int] = []
    for source in read_sources():
        mine = sentences_of(source)
        for known in read_asked(SOURCES / FOLDER / f"{source.id}.txt"):
            if known.answered:
                row = next(i for i, text in enumerate(mine) if text.startswith(known.opening))
                questions.append(known.text)
                of.append(len(sentences) + row)
        sentences += mine
    for guide in guides().values():  # its wordings shall lie together too; the first stands for it
        questions += guide.asked[1:]
        of += [len(sentences)] * len(guide.asked[1:])
        sentences.append(guide.asked[0])
    began = time.perf_counter()

    def vectors(texts: Sequence[str]) -> np.ndarray:
        return np.stack([stored[sha256(text)] for text in texts])

    matrix = fit(vectors(questions), of, vectors(sentences), seed)
    metadata = {"embedder": embedder.hash, "seed": str(seed)}
    write_atomically(out, serialise({"matrix": matrix.astype(np.float16)}, metadata))
    out.chmod(0o644)  # it ships: everyone may read it
    print(f"{len(questions)} questions, {len(sentences)} sentences, {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    import tyro

    tyro.cli(main)
