"""`orrery bench ingest`: what a library of many passages costs to fill, to open and to search.

Text and vectors of the filling are synthetic, because embedding 100,000 passages takes most of an hour: sentences of
the shipped digests dealt anew, and vectors mixed from two really embedded ones and some noise. What is timed is real:
files through `ingest`, embedded and written, at each size; and questions embedded and searched at the last.
"""

from __future__ import annotations

import dataclasses
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from corpus.bench.machine import machine, threads
from corpus.errors import CorpusError
from corpus.library.library import ingest
from corpus.library.lock import Report, silent, writing
from corpus.library.passages import embedded_text, passages, sentences
from corpus.library.shipped import read_sources
from corpus.library.store import OWN, Entry
from corpus.library.works import sketch
from corpus.loaders.text import sha256
from corpus.records import Source
from corpus.retrieval.fast import processor_flags
from corpus.retrieval.index import Library, close_corpus, open_library
from corpus.retrieval.nearest import Nearest
from corpus.retrieval.retrieve import HybridRetriever

SIZES = (1_000, 10_000, 100_000)
FILES, PARAGRAPHS = 60, 8
"""What is really ingested at each size: 60 files of 8 passages."""
QUESTIONS, TOP_K = 200, 20
GOALS = {"open_seconds": 1.0, "retrieve_ms_median": 60.0, "retrieve_ms_p95": 150.0, "resident_mb": 1536.0,
         "growth": 0.20, "embedding_ratio": 2.5, "embedding_cosine": 0.999}  # fmt: skip


@dataclass(frozen=True)
class Cost:
    """What one passage cost at one size of the library, all of it: read, parsed, embedded, written, in Chroma."""

    at: int
    """Passages in the library before."""
    passages: int
    ms_per_passage: float
    """By the clock."""
    cpu_ms_per_passage: float
    resident_mb: float
    """Of the process that ingests, after it."""


@dataclass(frozen=True)
class IngestBench:
    """Every figure with what it was measured on; times in ms or seconds, memory in MB (2^20 bytes)."""

    passages: int
    documents: int
    costs: tuple[Cost, ...]
    growth: float
    """CPU time a passage at the largest size over that at the smallest, less 1."""
    fill_ms_per_passage: float
    """Of the synthetic filling: written and put in Chroma, not embedded."""
    open_seconds: float
    """A fresh process, from the call to a corpus that answers; libraries imported before."""
    import_seconds: float
    retrieve_ms_median: float
    retrieve_ms_p95: float
    questions: int
    resident_mb: float
    """Of the process that opened it and answered the questions, embedder included."""
    disk_mb: float
    plain_per_second: float
    """Passages a CPU second through SentenceTransformer.encode in float32."""
    fast_per_second: float
    embedding_ratio: float
    embedding_cosine: float
    """The least, of all passages."""
    bfloat16: bool
    machine: str
    threads: int
    date: str
    protocol: str

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self) | {"goals": GOALS}


def bench_ingest(total: int = SIZES[-1], report: Report = silent) -> IngestBench:
    """Fill a library of its own in a temporary folder and measure it. The user's library is not touched."""
    if total < SIZES[0] * 3:
        raise CorpusError(f"passages is {total}; from {SIZES[0] * 3:,} on there is something to compare")
    with tempfile.TemporaryDirectory(prefix="orrery-bench-") as folder, _home(Path(folder)):
        library = open_library()
        if library.embedder is None or library.store.path is None:
            raise CorpusError(" ".join(library.notices))
        material = _Material()
        plain, fast, cosine = _embedding(library, material)
        report(f"embedding: {plain:.0f} passages a second plain, {fast:.0f} in bulk")
        costs: list[Cost] = []
        filled, spent = 0, 0.0
        for size in [*(size for size in SIZES if size < total), total]:
            began, before = time.perf_counter(), library.current().size
            _fill(library, material, size, report)
            filled, spent = filled + library.current().size - before, spent + time.perf_counter() - began
            costs.append(_really_ingest(library, material, Path(folder) / f"files-{size}"))
            report(f"{costs[-1].at:,} passages: {costs[-1].cpu_ms_per_passage:.1f} CPU ms a passage")
        count, documents = library.current().size, int(library.store.meta("documents"))
        disk = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
        close_corpus()
        opened = _in_a_fresh_process(Path(folder), material.questions())
    return IngestBench(
        passages=count,
        documents=documents,
        costs=tuple(costs),
        growth=costs[-1].cpu_ms_per_passage / costs[0].cpu_ms_per_passage - 1,
        fill_ms_per_passage=spent / max(filled, 1) * 1000,
        **opened,
        questions=QUESTIONS,
        disk_mb=disk / 2**20,
        plain_per_second=plain,
        fast_per_second=fast,
        embedding_ratio=fast / plain,
        embedding_cosine=cosine,
        bfloat16=bool({"amx_bf16", "avx512_bf16"} & processor_flags()),
        machine=machine(),
        threads=threads(),
        date=time.strftime("%Y-%m-%d"),
        protocol=(
            f"filled with sentences of the shipped digests dealt anew in documents of 10 passages, vectors mixed "
            f"from really embedded ones; at each size {FILES} files of {PARAGRAPHS} passages really ingested; "
            f"{QUESTIONS} questions, top {TOP_K}, after 10 to warm up, in a fresh process"
        ),
    )


class _Material:
    """Sentences of the shipped digests, dealt by a seeded generator; and vectors to mix."""

    def __init__(self) -> None:
        self._draw = np.random.default_rng(0)
        sources = read_sources()
        self.sentences = [s.text[a:b] for s in sources for a, b in sentences(s.text)]
        self.embedded = [embedded_text(p, s.title) for s in sources for p in passages(s)]
        self.count = 0

    def text(self, paragraphs: int) -> str:
        """Paragraphs of four sentences, no two alike."""
        dealt = self._draw.integers(len(self.sentences), size=(paragraphs, 4))
        return "\n\n".join(" ".join(self.sentences[i] for i in row) for row in dealt)

    def mixed(self, real: np.ndarray, count: int) -> np.ndarray:
        """[count, dimensions]: a random point between two real vectors, with noise, unit length."""
        one, other = real[self._draw.integers(len(real), size=(2, count))]
        share = self._draw.random((count, 1), np.float32)
        found = share * one + (1 - share) * other
        found += 0.02 * self._draw.standard_normal(found.shape, np.float32)
        return found / np.linalg.norm(found, axis=1, keepdims=True)

    def source(self) -> Source:
        self.count += 1
        text = self.text(10)
        title = f"Dealt document {self.count}"
        return Source(
            f"own-dealt-{self.count}", title, (), "", "document", "", (), "neutral", text, sha256(text)
        )

    def questions(self) -> list[str]:
        """Sentences without their ends: about as long as a question with its subject."""
        dealt = self._draw.choice(len(self.sentences), QUESTIONS + 10, replace=False)
        return ["What about " + " ".join(self.sentences[i].split()[:9]) + "?" for i in dealt]


def _embedding(library: Library, material: _Material) -> tuple[float, float, float]:
    """(passages a CPU second plain, in bulk, least cosine); the better of two rounds each, in one thread."""
    embedder = library.embedder
    assert embedder is not None
    texts = material.embedded[:400]
    for encode in (embedder.encode, embedder.encode_many):
        encode(texts[:32])
    plain = fast = float("inf")
    for _ in range(2):
        began = time.process_time()
        exact = embedder.encode(texts)
        middle = time.process_time()
        found = embedder.encode_many(texts)
        plain, fast = min(plain, middle - began), min(fast, time.process_time() - middle)
    return len(texts) / plain, len(texts) / fast, float((exact * found).sum(1).min())


def _fill(library: Library, material: _Material, size: int, report: Report) -> None:
    """Synthetic documents until the library holds `size` passages, written as `ingest` writes them."""
    store, embedder, nearest = library.store, library.embedder, library.nearest
    assert embedder is not None
    assert nearest is not None
    assert store.path is not None
    real = np.stack(list(store.vectors(range(1, 1001), embedder.key).values()))
    told = time.monotonic()
    with writing(store.path.parent, wait=60):
        while (count := int(store.meta("passages"))) < size:
            source = material.source()
            cut = passages(source)
            entry = Entry(OWN, f"/dealt/{material.count}", file_hash=source.hash)
            mine = sketch(source.text)
            store.put(source, entry, cut, list(material.mixed(real, len(cut))), embedder.key, mine)
            if time.monotonic() - told > 10:
                told = time.monotonic()
                report(f"filling: {count:,} of {size:,} passages")
        nearest.sync(report)


def _really_ingest(library: Library, material: _Material, folder: Path) -> Cost:
    folder.mkdir()
    for i in range(FILES):
        (folder / f"{i}.md").write_text(f"# Real file {folder.name} {i}\n\n{material.text(PARAGRAPHS)}\n")
    at, began, cpu = library.current().size, time.perf_counter(), time.process_time()
    done = ingest([folder])
    took, spent = time.perf_counter() - began, time.process_time() - cpu
    count = sum(document.passages for document in done)
    return Cost(at, count, took / count * 1000, spent / count * 1000, _resident())


def _in_a_fresh_process(home: Path, questions: list[str]) -> dict[str, float]:
    """Open the library and answer the questions where nothing is warm; see `timed`."""
    done = subprocess.run(
        [sys.executable, "-m", "corpus.bench.ingest"],
        input=json.dumps(questions), env={**os.environ, "ORRERY_HOME": str(home)}, capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode:
        raise CorpusError(
            f"the process that opens the library ended with: {done.stderr.strip().splitlines()[-1]}"
        )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def timed(questions: list[str]) -> dict[str, float]:
    """What opening and searching take, with libraries imported before and counted apart."""
    began = time.perf_counter()
    import chromadb  # noqa: F401
    import langchain_chroma  # noqa: F401
    import sentence_transformers  # noqa: F401

    imported = time.perf_counter()
    corpus = open_library().current()
    assert isinstance(corpus.nearest, Nearest)
    corpus.nearest.chroma  # noqa: B018  the index is loaded
    opened = time.perf_counter()
    retriever = HybridRetriever(corpus=corpus, top_k=TOP_K)
    took = []
    for question in questions:
        start = time.perf_counter()
        retriever.hits(question)
        took.append((time.perf_counter() - start) * 1000)
    return {
        "import_seconds": imported - began,
        "open_seconds": opened - imported,
        "retrieve_ms_median": float(np.median(took[10:])),
        "retrieve_ms_p95": float(np.percentile(took[10:], 95)),
        "resident_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


@contextmanager
def _home(folder: Path) -> Iterator[None]:
    """A library of our own in `folder` while this lasts."""
    before = os.environ.get("ORRERY_HOME")
    close_corpus()
    os.environ["ORRERY_HOME"] = str(folder)
    try:
        yield
    finally:
        close_corpus()
        if before is None:
            del os.environ["ORRERY_HOME"]
        else:
            os.environ["ORRERY_HOME"] = before


def _resident() -> float:
    """MB of this process now, where Linux tells; else its peak."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    print(json.dumps(timed(json.load(sys.stdin))))
