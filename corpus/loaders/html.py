"""Web pages: the article without what surrounds it (trafilatura), its title, authors and date.

What a page hides from its readers is kept apart, under a heading by which `corpus.loaders.caution` marks it.
"""

from __future__ import annotations

import codecs
import logging
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from corpus.errors import CorpusError
from corpus.loaders.caution import HIDDEN_HEADING, caution
from corpus.loaders.document import document
from corpus.loaders.text import clean
from corpus.records import Source

if TYPE_CHECKING:
    from lxml.html import HtmlElement

MAX_HIDDEN = 20_000
"""Characters of hidden text that are kept."""
_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_TEXT_CODEC = re.compile(
    r"utf-8|utf-16(-[lb]e)?|ascii|iso8859-\d+|cp\d+|koi8-[ru]|mac-\w+|gb\w+|big5\w*|euc_\w+|shift_jis\w*|iso2022_\w+|johab|tis-620"
)
_UNSEEN_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|font-size\s*:\s*0*(?:\.0+)?(?:px|pt|r?em|%)?\s*(?:;|!|$)|"
    r"opacity\s*:\s*0*(?:\.0+)?\s*(?:;|!|$)|(?:left|right|top|text-indent|margin-left)\s*:\s*-\d{3,}|"
    r"(?<![\w-])color\s*:\s*transparent",
    re.IGNORECASE,
)
_FURNITURE = re.compile(
    r"cookie|consent|modal|menu|popup|tooltip|share|toast|banner|login|subscribe", re.IGNORECASE
)
_NO_TEXT = ("script", "style", "template", "noscript", "svg", "math", "iframe", "object", "select", "button")
_AROUND = ("nav", "footer", "form", "dialog", "aside", "header", "menu", *_NO_TEXT)
_HEADINGS = ("head", "h1", "h2", "h3", "h4", "h5", "h6")
_BLOCKS = (
    *_HEADINGS,
    "p",
    "item",
    "li",
    "quote",
    "blockquote",
    "row",
    "tr",
    "div",
    "section",
    "article",
    "pre",
    "dt",
    "dd",
)


def parse(content: bytes, name: str, media_type: str = "", url: str = "") -> Source:
    """The article, a paragraph a line, its headings kept. Raises CorpusError when the page holds no text."""
    from lxml import etree
    from trafilatura import bare_extraction

    logging.disable(logging.CRITICAL)  # this is a process of its own, and what trafilatura repairs is no news
    try:
        page = _page(decode(content, name, media_type))
    except (etree.LxmlError, ValueError):
        raise CorpusError(f"{name} is damaged or not a web page") from None
    hidden = _take_hidden(page)
    meta = _meta(page)
    article: Any = bare_extraction(
        page,
        url=url or None,
        with_metadata=True,
        include_comments=False,
        include_formatting=True,
        date_extraction_params={"extensive_search": False, "original_date": True},
    )
    text = _text(article.body) if article is not None and article.body is not None else ""
    if len(text.split()) < 20:
        text = max(_text(page), text, key=len)
    if not text and not hidden:
        raise CorpusError(f"{name} holds no text; the page may need its scripts to show any: save it as PDF")
    if hidden:
        text = f"{text}\n\n## {HIDDEN_HEADING}\n\n{hidden}".strip()
    authors = meta["citation_author"] or ((article and article.author) or "").split(";")
    date = ((article and article.date) or "").replace("/", "-")
    return document(
        name,
        text,
        title=next(iter(meta["citation_title"]), "") or (article and article.title) or _title(page),
        authors=[_given_name_first(author) for author in authors],
        published=date,
        url=url or (article and article.url) or "",
    )


def decode(content: bytes, name: str, media_type: str = "") -> str:
    """By its byte order mark, the server's charset, the page's own, else UTF-8, else windows-1252, as browsers do.

    Only codecs of text are taken from a page: Python knows others, some of which unpack.
    """
    for bom, codec in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if content.startswith(bom):
            return content.decode(codec, "replace")
    if b"\0" in content[:4096]:
        raise CorpusError(f"{name} is binary, not text")
    for said in (media_type, content[:2048].decode("latin-1")):
        if match := _CHARSET.search(said):
            try:
                codec = codecs.lookup(match.group(1)).name
            except LookupError:
                continue
            if _TEXT_CODEC.fullmatch(codec):
                return content.decode({"iso8859-1": "cp1252", "ascii": "cp1252"}.get(codec, codec), "replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _page(html: str) -> HtmlElement:
    import lxml.html

    parser = lxml.html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True)
    page = lxml.html.document_fromstring(html.replace("\0", "").encode("utf-8", "replace"), parser=parser)
    # distill.pub's form, which many pages of this field have
    for element in page.iter("dt-article", "d-article"):
        element.tag = "article"
    return page


def _take_hidden(page: HtmlElement) -> str:
    """Remove what readers don't see, and return its sentences: names, menus and dialogs are left out."""
    kept: list[str] = []
    for element in list(page.iter()):
        style = element.get("style") or ""
        if element.getparent() is None or not ("hidden" in element.attrib or _UNSEEN_STYLE.search(style)):
            continue
        furniture = any(
            e.tag in _AROUND or _FURNITURE.search(f"{e.get('class')} {e.get('id')} {e.get('role')}")
            for e in (element, *element.iterancestors())
        )
        if not furniture:
            blocks = (block.removeprefix("## ") for block in _lines(element))
            kept += [
                block
                for block in blocks
                if re.search(r"\w[^.!?:]* [^.!?:]* [^.!?:]*[.!?:]", block) or caution(block)
            ]
        element.drop_tree()
    return "\n\n".join(kept)[:MAX_HIDDEN].strip()


def _text(root: HtmlElement) -> str:
    """A line a block, `## ` before headings; the cells of a row are joined by bars."""
    return "\n\n".join(_lines(root))


def _lines(root: HtmlElement) -> Iterator[str]:
    from lxml import etree

    buffer: list[str] = []
    heading, skip = False, 0

    def line() -> str:
        text = " ".join(clean("".join(buffer)).split()).strip("| ").lstrip("# ")
        text = re.sub(r" (?=[.,;](?: |$))", "", text)  # where a footnote's number stood
        buffer.clear()
        return f"## {text}" if heading and text else text

    for event, element in etree.iterwalk(root, events=("start", "end")):
        block = element.tag in _BLOCKS
        if event == "start":
            if block:
                if text := line():
                    yield text
                heading = element.tag in _HEADINGS
            skip += element.tag in _NO_TEXT or (element.tag == "head" and element.find("title") is not None)
            if not skip:
                buffer.append(element.text or "")
            continue
        skip -= element.tag in _NO_TEXT or (element.tag == "head" and element.find("title") is not None)
        if block:
            if text := line():
                yield text
            heading = False
        elif element.tag in ("cell", "td", "th"):
            buffer.append(" | ")
        elif element.tag in ("lb", "br"):
            buffer.append(" ")
        if not skip and element is not root:
            buffer.append(element.tail or "")
    if text := line():
        yield text


def _meta(page: HtmlElement) -> dict[str, list[str]]:
    """What a scholarly page says of its paper."""
    found: dict[str, list[str]] = {"citation_title": [], "citation_author": []}
    for element in page.iter("meta"):
        if (name := element.get("name")) in found:
            found[name].append(element.get("content") or "")
    return found


def _title(page: HtmlElement) -> str:
    element = page.find(".//title")
    return (element.text or "") if element is not None else ""


def _given_name_first(author: str) -> str:
    family, comma, given = author.partition(",")
    return f"{given.strip()} {family.strip()}" if comma and "," not in given else author.strip()
