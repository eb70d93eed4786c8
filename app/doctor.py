"""`orrery doctor`: what works on this machine, and what to do about what doesn't."""

from __future__ import annotations

import dataclasses
import os
import platform
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Check:
    name: str
    state: Literal["works", "absent", "broken"]
    """`absent`: optional and not there. `broken`: Orrery misses it."""
    detail: str
    fix: str = ""
    """What to do, when something should be done."""

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


def examine() -> list[Check]:
    """Runs every check; one that fails unexpectedly is reported, not raised."""
    checks = []
    for name, check in CHECKS.items():
        try:
            checks.append(check())
        except Exception as error:
            checks.append(
                Check(name, "broken", f"{type(error).__name__}: {error}", "run `make install` again")
            )
    return checks


def python() -> Check:
    version = platform.python_version()
    if sys.version_info[:2] == (3, 11):
        return Check("python", "works", version)
    return Check(
        "python", "broken", f"{version}, but the pinned packages are for 3.11", "install Python 3.11"
    )


def torch() -> Check:
    import torch

    kind = "CPU build" if torch.version.cuda is None else f"CUDA {torch.version.cuda} build"
    return Check(
        "torch",
        "works",
        f"{torch.__version__} ({kind}), {torch.get_num_threads()} thread of {os.cpu_count()} cores",
    )


def embedder() -> Check:
    from corpus.errors import CorpusError
    from corpus.retrieval.embed import find_embedder

    try:
        found = find_embedder()
    except CorpusError as error:
        return Check("embedder", "broken", str(error), "until then answers come from BM25 alone")
    return Check("embedder", "works", f"all-MiniLM-L6-v2, weights sha256 {found.hash[:12]}… checked")


def index() -> Check:
    from corpus.retrieval.index import open_corpus

    corpus = open_corpus()
    where = os.environ.get("ORRERY_CHROMA_URL") or "embedded"
    detail = (
        f"{len(corpus.sources)} sources, {corpus.size:,} passages, Chroma {where}, corpus {corpus.hash[:12]}…"
    )
    if corpus.notice:
        return Check("index", "broken", corpus.notice, "vectors that ship are made again by: make embeddings")
    return Check("index", "works", detail)


def models() -> Check:
    from world_model.checkpoint import load, shipped
    from world_model.errors import WorldModelError

    names = shipped()
    if not names:
        return Check("models", "broken", "no checkpoint is shipped", "make one: orrery train")
    try:
        for name in names:
            load(name)
    except WorldModelError as error:
        return Check("models", "broken", str(error))
    return Check("models", "works", f"{', '.join(names)}; hashes checked")


def browser() -> Check:
    path = shutil.which("chromium")
    if path:
        return Check("browser", "works", "chromium, for the browser tests")
    return Check(
        "browser", "absent", "no chromium; only the browser tests need it", "apt-get install chromium"
    )


def language_model() -> Check:
    name = os.environ.get("ORRERY_LLM")
    if name:
        return Check("language model", "works", f"{name} is configured; each of its sentences is checked")
    return Check(
        "language model",
        "absent",
        "none configured; answers are verbatim extracts",
        "optional: set ORRERY_LLM=provider:model, and ORRERY_LLM_BASE_URL for a server of your own",
    )


CHECKS: dict[str, Callable[[], Check]] = {
    "python": python,
    "torch": torch,
    "embedder": embedder,
    "index": index,
    "models": models,
    "browser": browser,
    "language model": language_model,
}
