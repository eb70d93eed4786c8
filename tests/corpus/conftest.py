"""One opened corpus for all tests of this room, and a home of its own for the user's documents."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from corpus.retrieval.index import Corpus, build_corpus, build_library, close_corpus

QUESTIONS: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "questions.yaml").read_text())


@pytest.fixture(autouse=True)
def _clean(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No test reads or writes the user's own documents, or calls a language model they configured."""
    monkeypatch.setenv("ORRERY_HOME", str(tmp_path_factory.mktemp("home")))
    for name in (
        "ORRERY_LLM",
        "ORRERY_LLM_BASE_URL",
        "ORRERY_EMBEDDER",
        "ORRERY_LLM_TIMEOUT",
        "OPENAI_API_KEY",
    ):
        monkeypatch.delenv(name, raising=False)
    close_corpus()
    yield
    close_corpus()


@pytest.fixture(scope="session")
def corpus() -> Corpus:
    """The shipped sources only."""
    return build_corpus(own=False)


@pytest.fixture(scope="session")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose library holds the shipped digests, made once."""
    home = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ORRERY_HOME", str(home))
        build_library().close()
    return home


@pytest.fixture
def ready_home(_clean: None, _made: Path) -> Path:
    """The test's own home, its library made already."""
    home = Path(os.environ["ORRERY_HOME"])
    shutil.copytree(_made, home, dirs_exist_ok=True)
    return home


def normal(entry: Any) -> dict[str, Any]:
    """A question as a dict, whichever way the file writes it."""
    return entry if isinstance(entry, dict) else {"q": entry}
