"""No test reads or writes the user's own documents, or calls what they configured."""

import os

import pytest


@pytest.fixture(scope="session", autouse=True)
def _own_home(tmp_path_factory):
    """ORRERY_HOME in a temporary folder and no other ORRERY_ setting, for this process and those it starts."""
    for name in [name for name in os.environ if name.startswith("ORRERY_")]:
        del os.environ[name]
    os.environ["ORRERY_HOME"] = str(tmp_path_factory.mktemp("home"))
