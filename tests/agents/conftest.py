"""What tests of agents share."""

from __future__ import annotations

import pytest

from corpus.retrieval.index import Corpus, build_corpus


@pytest.fixture(scope="session")
def corpus() -> Corpus:
    """The shipped sources only."""
    return build_corpus(own=False)
