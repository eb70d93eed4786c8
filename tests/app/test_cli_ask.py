"""`orrery ask` with its working, with both sides, and taken away."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest


@pytest.fixture(scope="module")
def orrery(tmp_path_factory):
    home = str(tmp_path_factory.mktemp("home"))

    def run(*args):
        command = [sys.executable, "-m", "app.cli", *args]
        env = os.environ | {"ORRERY_HOME": home, "OMP_NUM_THREADS": "1", "ORRERY_LLM": ""}
        return subprocess.run(command, capture_output=True, text=True, env=env, timeout=250)

    return run


def test_the_record_holds_both_sides_and_the_working(orrery):
    found = json.loads(orrery("ask", "Is Sora a physics engine?", "--explain", "--json").stdout)
    assert found["stance"]["claim"] == "sora-is-a-physics-engine"
    assert found["stance"]["supports"]
    assert found["stance"]["disputes"]
    assert len(found["explanation"]["rows"]) == len(found["hits"])
    assert all(row["why"] for row in found["explanation"]["rows"])


def test_an_answer_as_bibtex(orrery):
    done = orrery("ask", "When was Genie 3 announced?", "--format", "bibtex")
    assert done.stdout.startswith("% When was Genie 3 announced?")
    assert "@misc{genie3-2025," in done.stdout


def test_caution_refuses_what_is_not_sure(orrery):
    done = orrery("ask", "When was Genie 3 announced?", "--caution", "1")
    assert done.stdout.startswith("My sources don't answer this")
    done = orrery("ask", "When was Genie 3 announced?", "--caution", "7")
    assert done.returncode == 2
    assert done.stderr.startswith("orrery: caution is 7")


def test_a_bench_without_its_data_says_so(orrery, tmp_path):
    done = orrery("bench", "retrieval", "--dataset", str(tmp_path / "absent"))
    assert done.returncode == 2
    assert "no folder" in done.stderr
    assert done.stderr.count("\n") == 1
