"""Stored embeddings: a safetensors file of half-precision vectors, keyed by the hash of what was embedded."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from corpus.errors import CorpusError
from corpus.home import write_atomically

FORMAT = "orrery-embeddings-1"

Vectors = dict[str, np.ndarray]
"""sha256 (hexadecimal) of the embedded text -> float32 [dimensions], already rounded to half precision."""


def rounded(vectors: np.ndarray) -> np.ndarray:
    """Float32 values that half precision holds exactly, so a stored and a fresh vector give one answer."""
    return vectors.astype(np.float16).astype(np.float32)


def save(path: Path, vectors: Vectors, model_hash: str) -> None:
    """Written atomically: keys uint8 [n, 32], vectors float16 [n, d], and in the metadata what they are."""
    from safetensors.numpy import save as serialise

    order = sorted(vectors)
    keys = np.array([list(bytes.fromhex(key)) for key in order], np.uint8).reshape(len(order), 32)
    values = np.array([vectors[key] for key in order], np.float16).reshape(len(order), -1)
    metadata = {"format": FORMAT, "model": model_hash, "content": _content(keys, values)}
    write_atomically(path, serialise({"keys": keys, "vectors": values}, metadata))


def read(path: Path, model_hash: str) -> Vectors:
    """All of the file's vectors, or CorpusError naming what is wrong: never a part of them."""
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        raise CorpusError(f"{path.name} is missing")
    try:
        with safe_open(path, "numpy") as file:
            metadata = file.metadata() or {}
            keys, values = file.get_tensor("keys"), file.get_tensor("vectors")
    except (SafetensorError, OSError, ValueError, KeyError) as error:
        raise CorpusError(f"{path.name} is damaged ({type(error).__name__})") from None
    if metadata.get("format") != FORMAT or metadata.get("content") != _content(keys, values):
        raise CorpusError(f"{path.name} is damaged (its content does not match its hash)")
    if metadata.get("model") != model_hash:
        made = str(metadata.get("model"))[:12]
        raise CorpusError(f"{path.name} was made by another embedder ({made}..., not {model_hash[:12]}...)")
    wide = values.astype(np.float32)
    return {bytes(key).hex(): wide[i] for i, key in enumerate(keys)}


def read_folder(folder: Path, model_hash: str) -> tuple[Vectors, str]:
    """The vectors of every file in the folder, and one line on the first that is wrong (it is left out), or none."""
    found: Vectors = {}
    problem = "" if folder.is_dir() else f"the folder {folder.name} is missing"
    for path in sorted(folder.glob("*.safetensors")):
        try:
            found |= read(path, model_hash)
        except CorpusError as error:
            problem = problem or str(error)
    return found, problem


def _content(keys: np.ndarray, values: np.ndarray) -> str:
    digest = hashlib.sha256(str((keys.shape, values.shape, values.dtype)).encode())
    digest.update(np.ascontiguousarray(keys).tobytes())
    digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()
