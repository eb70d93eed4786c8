"""What counts as a reference, and what a video's page offers."""

from __future__ import annotations

import json

import pytest

from corpus.fetching.references import arxiv_id, captions, is_reference, video_id


@pytest.mark.parametrize(
    ("text", "yes"),
    [
        ("https://example.org/a", True), ("HTTP://EXAMPLE.ORG", True), ("ftp://example.org", True),
        ("file:///etc/passwd", True), ("2301.04104", True), ("arXiv:2301.04104v2", True), ("arxiv: 1803.10122", True),
        ("arXiv:cs/0112017", True), ("notes.md", False), ("cs/0112017", False), ("../a.pdf", False), ("2301.04", False),
        ("C:\\a.txt", False), ("", False),
    ],
)  # fmt: skip
def test_references_and_files_are_told_apart(text: str, yes: bool) -> None:
    assert is_reference(text) is yes


def test_arxiv_and_video_links_are_known_in_all_their_forms() -> None:
    for text in (
        "2301.04104v2",
        "arXiv:2301.04104v2",
        "https://arxiv.org/abs/2301.04104v2",
        "http://arxiv.org/pdf/2301.04104v2.pdf",
    ):
        assert arxiv_id(text) == "2301.04104v2"
    assert arxiv_id("https://evil.example/arxiv.org/abs/2301.04104") == ""
    assert arxiv_id("https://arxiv.org.evil.example/abs/2301.04104") == ""
    for text in (
        "https://www.youtube.com/watch?t=1&v=dQw4w9WgXcQ",
        "https://youtu.be/dQw4w9WgXcQ?si=x",
        "https://m.youtube.com/shorts/dQw4w9WgXcQ",
    ):
        assert video_id(text) == "dQw4w9WgXcQ"
    assert video_id("https://www.youtube.com/@channel") == ""
    assert video_id("https://youtube.com.evil.example/watch?v=dQw4w9WgXcQ") == ""


def watch_page(tracks: list[dict[str, object]], title: str = "A talk") -> bytes:
    player = json.dumps({"captions": {"list": {"captionTracks": tracks}}}, separators=(",", ":"))
    return f"<html><title>{title} - YouTube</title><script>var p = {player};</script></html>".encode()


def test_the_best_caption_track_is_chosen() -> None:
    tracks: list[dict[str, object]] = [
        {"baseUrl": "https://a/de", "languageCode": "de"},
        {"baseUrl": "https://a/asr?x=1", "languageCode": "en", "kind": "asr"},
        {"baseUrl": "https://a/en", "languageCode": "en-GB", "name": {"runs": [{"text": "]"}]}},
    ]
    for usable, url in (
        (tracks, "https://a/en?fmt=json3"),
        (tracks[:2], "https://a/asr?x=1&fmt=json3"),
        (tracks[:1], "https://a/de?fmt=json3"),
    ):
        found = captions(watch_page(usable))
        assert found is not None
        assert (found.url, found.title) == (url, "A talk")
    for page in (
        b"",
        b"<title>x</title>",
        b'"captionTracks":[',
        b'"captionTracks":{}',
        b'"captionTracks":' + b"[" * 99999,
        watch_page([{"baseUrl": 5}]),
    ):
        assert captions(page) is None
