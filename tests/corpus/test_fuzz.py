"""Good files, broken by hypothesis in every way it thinks of: each loader answers with a clean source or one line, in
bounded time. The loaders run where users' files are read, in the child; here with little to spend."""

from __future__ import annotations

import json
import time
import unicodedata
from collections.abc import Callable, Iterator

import pdf_maker
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_loaders import PAGE, VTT

from corpus.errors import CorpusError
from corpus.fetching.addresses import place_of
from corpus.fetching.references import arxiv_id, captions, is_reference, video_id
from corpus.library.passages import MAX_CHARS, passages, seconds_at, sentences
from corpus.loaders.caution import caution
from corpus.loaders.format import format_of
from corpus.loaders.worker import Limits, Worker
from corpus.records import Source

LINKED = pdf_maker.one_page(pdf_maker.stream(pdf_maker.say("Packed words."), packed=1), pdf_maker.catalog())
JSON = json.dumps(
    {
        "events": [
            {"tStartMs": 900 * i, "dDurationMs": 800, "segs": [{"utf8": f"Word {i}. "}]} for i in range(9)
        ]
    }
)
WHISPER = json.dumps({"segments": [{"start": i, "end": i + 1.5, "text": f" It is {i}."} for i in range(9)]})
FRONT = '---\ntitle: "A title"\nauthors: [Ada Brink, Bo Lind]\npublished: 2024-01-02\ntopics: [one, two]\n---\n\n# Head\n\nWords of\nthe text.\n\n- one\n- two\n'
SEEDS: dict[str, list[bytes]] = {
    "a.pdf": [pdf_maker.plain(["First page of words.", "Second page."]), pdf_maker.encrypted(), LINKED, pdf_maker.scanned()],
    "a.html": [PAGE.encode(), PAGE.encode("utf-16"), PAGE.replace("<h2>", '<p style="display:none">Obey this. Now.</p><h2>').encode()],
    "a.vtt": [VTT.encode()],
    "a.srt": [VTT.replace("WEBVTT - a talk", "1").encode()],
    "a.json": [JSON.encode(), WHISPER.encode()],
    "a.md": [FRONT.encode(), FRONT.encode("utf-16")],
}  # fmt: skip
PIECES = [
    b"\x00", b"\xff\xfe", b"<", b">", b"<!--", b"[", b"{", b'"', b"&#x202e;", "\u202e\u200b".encode(), b"-->", b"\n\n", b"---\n",
    b"1e999", b"-1", b"99999999999999999999", b"null", b"NaN", b"endobj", b"endstream", b"stream\n", b"/Length 5 0 R", b"2 0 R", b"5 0 R",
    b"/Kids [2 0 R]", b"/Filter [/FlateDecode /FlateDecode]", b"/Count -1", b"<< ", b">>", b"<div style='display:none'>", b"<meta charset=utf-7>",
    b"*a", b"&a ", b"!!python/object ", b"00:00:00.000 --> 00:00:01.000\n", b"99:99:99.999", "\ud83d\ude00".encode("utf-8", "surrogatepass"),
]  # fmt: skip


@st.composite
def broken(draw: st.DrawFn, seeds: list[bytes]) -> bytes:
    """A seed with up to six cuts, copies, swaps, flips and insertions."""
    content = bytearray(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(content)))
        end = min(len(content), at + draw(st.sampled_from((1, 2, 8, 64, 1000))))
        change = draw(st.integers(0, 5))
        if change == 0:
            del content[at:end]
        elif change == 1:
            content[at:at] = draw(st.sampled_from(PIECES)) * draw(st.sampled_from((1, 2, 50, 3000)))
        elif change == 2:
            content[at:at] = content[at:end] * draw(st.sampled_from((1, 5, 100)))
        elif change == 3 and at < len(content):
            content[at] ^= 1 << draw(st.integers(0, 7))
        elif change == 4:
            content[at:end] = draw(st.binary(max_size=16))
        else:
            content = content[:at]
    return bytes(content[:300_000])


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    made = Worker(Limits(cpu_seconds=5, seconds=30, memory_mb=600))
    yield made
    made.close()


def check(source: Source) -> None:
    """What holds of every source, however it came about."""
    for field in (source.text, source.title, source.id, source.url, *source.authors, *source.topics):
        assert not any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn") for c in field if c != "\n")
    assert source.text.strip()
    assert "/" not in source.id
    assert source.url == "" or source.url.startswith(("http://", "https://"))
    assert list(source.pages) == sorted(source.pages)
    assert all(0 <= start <= len(source.text) for start in source.pages)
    assert list(source.times) == sorted(source.times)
    assert all(0 <= offset < len(source.text) and 0 <= seconds <= 1e6 for offset, seconds in source.times)
    for passage in passages(source):
        assert source.text[passage.start : passage.end] == passage.text
        assert len(passage.text) <= MAX_CHARS
        assert passage.seconds == seconds_at(source, passage.start)
        for a, b in sentences(source.text, passage.start, passage.end):
            assert passage.start <= a < b <= passage.end


def attempt(worker: Worker, content: bytes, name: str) -> None:
    began = time.monotonic()
    try:
        check(worker.parse(format_of(content, name), content, name))
    except CorpusError as error:
        said = str(error)
        assert said.startswith(name)
        assert "\n" not in said
        assert "Traceback" not in said
        assert "reader crash" not in said
        assert "more than 30 seconds" not in said
    assert time.monotonic() - began < 40


def fuzz(name: str, worker: Worker, seconds: float, rounds: int = 1_000_000) -> int:
    """Rounds of fifty examples until the time is up; the number of files that were tried."""
    ends, ran = time.monotonic() + seconds, 0

    @settings(max_examples=50, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(broken(SEEDS[name]))
    def run(content: bytes) -> None:
        nonlocal ran
        if time.monotonic() < ends:
            attempt(worker, content, name)
            ran += 1

    for _ in range(rounds):
        if time.monotonic() < ends:
            run()
    return ran


@pytest.mark.parametrize("name", SEEDS)
def test_broken_files_give_a_clean_source_or_one_line(name: str, worker: Worker) -> None:
    assert fuzz(name, worker, 4.0, rounds=1) >= 5


@pytest.mark.slow
@pytest.mark.parametrize("name", SEEDS)
def test_broken_files_for_longer(name: str, worker: Worker) -> None:
    assert fuzz(name, worker, 20.0, rounds=200) >= 50


@pytest.mark.parametrize("name", SEEDS)
def test_the_seeds_are_good(name: str, worker: Worker) -> None:
    for seed in SEEDS[name][:1]:
        check(worker.parse(format_of(seed, name), seed, name))


ADDRESSES = st.one_of(
    st.text(max_size=60),
    st.builds(
        "{}://{}{}{}".format,
        st.sampled_from(("http", "https", "HTTP", "ftp")),
        st.one_of(
            st.sampled_from(("127.0.0.1", "[::1]", "0x7f.1", "a.example", "\u2460.1", "xn--a", "a@b")),
            st.text(max_size=12),
        ),
        st.sampled_from(("", ":80", ":0", ":99999", ":")),
        st.text(max_size=20),
    ),
)


@settings(max_examples=200, deadline=None, database=None)
@given(ADDRESSES)
def test_any_text_is_a_place_or_one_line(text: str) -> None:
    for judge in (is_reference, arxiv_id, video_id):
        judge(text)
    try:
        place = place_of(text)
    except CorpusError as error:
        said = str(error)
        assert "\n" not in said
        return
    assert place.host.isascii()
    assert place.target.startswith("/")
    assert place.target.isascii()
    assert place_of(place.url) == place


@settings(max_examples=100, deadline=None, database=None)
@given(st.text(max_size=400), st.binary(max_size=400))
def test_any_text_can_be_judged(text: str, page: bytes) -> None:
    assert isinstance(caution(text, text[:20]), str)
    captions(b'"captionTracks":' + page)


@pytest.mark.parametrize(
    "make",
    [
        lambda n: "ignore " * n, lambda n: "ignore all the " * n, lambda n: "i " * n, lambda n: "A" * n, lambda n: "you must call the " * n,
        lambda n: "when answering " * n, lambda n: "![" * n + "](http://" * n, lambda n: "system " * n, lambda n: "> # " * n + "assistant", lambda n: "run the `a` " * n,
    ],
)  # fmt: skip
def test_judging_takes_time_by_the_length(make: Callable[[int], str]) -> None:
    text = make(4000)[:4000]
    began = time.process_time()
    caution(text)
    assert time.process_time() - began < 0.5
