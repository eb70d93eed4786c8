"""The command as a user runs it: in a process of its own."""

import json
import shutil
import subprocess
import sys
import time

import pytest


def orrery(*arguments: str, stdin: bytes = b"", **environment: str) -> subprocess.CompletedProcess[str]:
    import os

    done = subprocess.run(
        [sys.executable, "-m", "app.cli", *arguments],
        input=stdin,
        capture_output=True,
        timeout=180,
        env={**os.environ, **environment},
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def test_help_answers_within_a_second_and_imports_nothing_heavy():
    start = time.perf_counter()
    done = orrery("--help")
    seconds = time.perf_counter() - start
    assert done.returncode == 0
    assert "ask" in done.stdout
    assert "plan" in done.stdout
    assert seconds < 1.0
    code = "import sys, app.cli; print(sorted({'torch', 'gradio', 'chromadb', 'langchain_core', 'numpy'} & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert loaded.stdout.strip() == "[]"


def test_a_question_is_answered_with_its_quoted_span():
    done = orrery("ask", "Why does LeCun think predicting pixels is the wrong target?")
    assert done.returncode == 0, done.stderr
    assert "[1]" in done.stdout
    assert "A Path Towards Autonomous Machine Intelligence" in done.stdout
    assert "characters" in done.stdout


def test_questions_a_line_come_back_as_json_a_line_and_a_bad_one_stops_nothing():
    lines = b"What is DreamerV3?\n\n\x00\x01\xff\nWhat is the capital of France?\n"
    done = orrery("ask", "-", stdin=lines)
    assert done.returncode == 0, done.stderr
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(records) == 4
    assert records[0]["sentences"]
    assert "error" in records[1]
    assert "error" in records[2]
    assert records[3]["refusal"]
    assert not records[3]["sentences"]


@pytest.mark.parametrize("question", ["", "   ", "x" * 100_000, "a\x01b\x02"])
def test_a_bad_question_gets_one_clear_line(question):
    done = orrery("ask", question) if len(question) < 99_999 else orrery("ask", "-", stdin=question.encode())
    text = done.stderr if done.returncode else json.loads(done.stdout)["error"]
    assert done.returncode in (0, 2)
    assert text.strip().count("\n") == 0
    assert "Traceback" not in text
    assert len(text) < 300


def test_plan_prints_a_trace_and_writes_a_clip(tmp_path):
    done = orrery("plan", "--seed", "0", "--out", str(tmp_path), "--json")
    assert done.returncode == 0, done.stderr
    trace = json.loads(done.stdout)
    assert trace["steps"] == len(trace["actions"])
    assert (tmp_path / "two-rooms-two-rooms-jepa-seed0.gif").stat().st_size > 1000


def test_evaluate_prints_floor_ceiling_and_interval():
    done = orrery("evaluate", "--episodes", "10")
    assert done.returncode == 0, done.stderr
    for word in (
        "random",
        "straight line",
        "model",
        "oracle",
        "95 % interval",
        "ms alone",
        "again: orrery evaluate",
    ):
        assert word in done.stdout


def test_a_claim_is_shown_with_both_sides_and_what_would_settle_it():
    record = json.loads(orrery("claims", "hidden-objects-come-free", "--json").stdout)
    done = orrery("claims", "hidden-objects-come-free")
    assert done.returncode == 0, done.stderr
    text = " ".join(done.stdout.split())
    assert record["supports"]
    assert record["disputes"]
    for voice in (*record["supports"], *record["disputes"]):
        assert voice["who"] in text
        assert " ".join(voice["quote"].split()) in text
        assert f"{voice['source_id']}, characters {voice['start']} to {voice['end']}" in text
    assert text.index("Who says so") < text.index("Who disagrees") < text.index("What would change it")
    for part in ("statement", "status", "would_change", "experiment", "if_true"):
        assert " ".join(record[part].split()) in text


def test_claims_are_listed_by_what_is_asked_of_them():
    every = json.loads(orrery("claims", "--json").stdout)
    assert len(every) >= 70
    chosen = json.loads(
        orrery("claims", "--experiment", "permanence", "--status", "contested", "--json").stdout
    )
    assert chosen
    wanted = [c for c in every if (c["experiment"], c["status"]) == ("permanence", "contested")]
    assert chosen == wanted
    done = orrery("claims", "--experiment", "permanence", "--status", "contested")
    for claim in chosen:
        assert f"{claim['id']}  (contested, {len(claim['supports'])} for" in done.stdout


@pytest.mark.parametrize("since", ["", "2024-02", "2025-11"])  # by year, by quarter, by month
def test_trends_add_up_within_the_page_and_say_what_they_cannot_show(since):
    given = ["--since", since] if since else []
    record = json.loads(orrery("trends", *given, "--json").stdout)
    done = orrery("trends", *given)
    assert done.returncode == 0, done.stderr
    rows = done.stdout.split("\n\n")[0].splitlines()
    assert max(map(len, done.stdout.splitlines())) <= 100
    for row in rows[1:]:
        name, *cells = row.replace("all titles", "all").split()
        *counts, total = (int(cell.replace(",", "").replace(".", "0")) for cell in cells)
        assert sum(counts) == total
        table = record["timeline"]
        assert total == sum(table["total"] if name == "all" else table["counts"][name])
    assert "n = " in done.stdout
    assert "not what works" in done.stdout
    if since:
        assert record["systems"]
        for system in record["systems"]:
            assert system["published"] >= since[: len(system["published"])]
            assert system["system"] in done.stdout


def test_documents_come_are_listed_asked_and_go(tmp_path):
    """A folder with a good note, a transcript and a file that can't be read, as a user would try it."""
    home, folder = {"ORRERY_HOME": str(tmp_path / "home")}, tmp_path / "papers"
    folder.mkdir()
    (folder / "note.md").write_text(
        "# Zorbex\n\nZorbex is a world model that was trained on forty hours of tram rides.\n"
    )
    (folder / "talk.srt").write_text(
        "1\n00:01:05,000 --> 00:01:09,000\nZorbex forgets every tram that leaves the frame.\n"
    )
    (folder / "bad.pdf").write_bytes(b"%PDF-1.4 and then nothing")
    planned = orrery("ingest", str(folder), "--dry-run", **home)
    assert "note" in planned.stdout
    assert "no documents of your own" in orrery("ingest", "--list", **home).stdout
    done = orrery("ingest", str(folder), "--json", **home)
    assert done.returncode == 2
    assert [line for line in done.stderr.splitlines() if "bad.pdf" in line]
    changes = {record["path"].rsplit("/")[-1]: record for record in json.loads(done.stdout)}
    assert [changes[name]["change"] for name in ("note.md", "talk.srt", "bad.pdf")] == [
        "added",
        "added",
        "failed",
    ]
    answer = json.loads(orrery("ask", "What does Zorbex forget?", "--json", **home).stdout)
    [citation] = [c for s in answer["sentences"] for c in s["citations"] if c["seconds"] is not None]
    assert citation["seconds"] == 65.0
    removed = orrery("ingest", "--remove", changes["talk.srt"]["id"], **home)
    assert removed.returncode == 0, removed.stderr
    assert "talk" not in orrery("ingest", "--list", **home).stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["plan", "--world", "mars"], ["mars", "two-rooms"]),
        (["plan", "--model", "gpt-9"], ["gpt-9", "two-rooms-jepa"]),
        (["plan", "--planner", "guess"], ["guess", "icem", "shooting"]),
        (["evaluate", "--episodes", "0"], ["episodes is 0"]),
        (["plan", "--horizon", "30"], ["horizon is 30", "multiple of 4"]),
        (["plan", "--out", "/proc/nowhere"], ["/proc/nowhere"]),
        (["train", "--family", "gan"], ["gan", "jepa"]),
        (["train", "--world", "two-rooms:purple"], ["purple", "random"]),
        (["ingest", "no-such-file.pdf"], ["no-such-file.pdf"]),
        (["claims", "objects-come-for-free"], ["objects-come-for-free", "hidden-objects-come-free"]),
        (["claims", "--topic", "cookery"], ["cookery", "planning"]),
        (["claims", "--status", "true"], ["true", "contested"]),
        (["claims", "--experiment", "x"], ["no experiment 'x'", "permanence"]),
        (["trends", "--since", "2026-13"], ["2026-13", "YYYY-MM"]),
        (["trends", "--topic", "cookery"], ["cookery", "planning"]),
        (["trends", "--since", "2026", "--until", "2025"], ["2026", "2025"]),
    ],
)
def test_a_mistake_gets_one_line_and_status_2(arguments, words):
    done = orrery(*arguments)
    assert done.returncode == 2
    assert done.stderr.strip().count("\n") == 0
    assert done.stderr.startswith("orrery: ")
    for word in words:
        assert word in done.stderr


def test_the_doctor_finds_everything_in_order_here():
    done = orrery("doctor", "--json")
    checks = {check["name"]: check for check in json.loads(done.stdout)}
    assert set(checks) == {"python", "torch", "embedder", "index", "models", "browser", "language model"}
    assert not [check for check in checks.values() if check["state"] == "broken"]
    assert checks["browser"]["state"] == ("works" if shutil.which("chromium") else "absent")


def test_without_the_embedder_answers_come_from_bm25_and_say_so(tmp_path):
    done = orrery("ask", "What is V-JEPA 2?", ORRERY_EMBEDDER=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "BM25" in done.stdout
    assert "[1]" in done.stdout
    sick = orrery("doctor", ORRERY_EMBEDDER=str(tmp_path))
    assert sick.returncode == 1
    assert "BROKEN  embedder" in sick.stdout


def test_a_quick_run_of_an_experiment_says_that_it_is_quick_beside_what_the_full_run_says():
    done = orrery("lab", "drift")
    assert done.returncode == 0, done.stderr
    assert "A quick run" in done.stdout
    assert "n = 180" in done.stdout
    assert "looking-again-regrounds (full run: supported)" in done.stdout
    assert "A quick run" not in orrery("lab", "drift", "--recorded").stdout
