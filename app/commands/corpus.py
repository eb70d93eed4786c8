"""What is known: ask, ingest, claims, trends."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Literal

from tyro.conf import Positional

from app.commands import app, note, show
from corpus.errors import CorpusError

if TYPE_CHECKING:
    from corpus.records import Answer


@app.command
def ask(
    question: Positional[str],
    explain: bool = False,
    caution: float | None = None,
    format: Literal["text", "markdown", "bibtex", "json"] = "text",
    json: bool = False,
) -> None:
    """Answer a question from the sources, every sentence cited; beside it, who says what of a claim it touches.

    Args:
        question: The question, or - to read one question a line and print one JSON object a line.
        explain: Show each passage that was found, how it ranked, and why it is quoted or not.
        caution: Refuse below this probability of an answer, from 0 (answer all) to 1; by default as tuned.
        format: For taking away: markdown with references, BibTeX of the sources, or the record with what it was made of.
        json: Print the Answer record, with the stance (and the explanation) under keys of their own.
    """
    from app.printing.corpus import print_answer, print_explanation, print_stance
    from corpus.answering.answer import ask as answer
    from corpus.answering.explain import explain as explained
    from corpus.answering.export import export
    from corpus.answering.stance import beside
    from corpus.retrieval.index import open_corpus

    def record(found: Answer) -> dict[str, Any]:
        corpus = open_corpus()
        said = beside(found, corpus)
        shown = found.to_json() | {"stance": said.to_json() if said else None}
        return shown | ({"explanation": explained(found, corpus).to_json()} if explain else {})

    if question == "-":
        for raw in sys.stdin.buffer:
            line = raw.decode("utf-8", "replace").rstrip("\r\n")
            try:
                show(record(answer(line, caution=caution)))
            except CorpusError as error:
                show({"question": line[:200], "error": str(error)})
            sys.stdout.flush()
        return
    found = answer(question, caution=caution)
    if json:
        show(record(found))
    elif format != "text":
        print(export(found, format, open_corpus()), end="")
    else:
        print_answer(found)
        if said := beside(found, open_corpus()):
            print_stance(said)
        if explain:
            print_explanation(explained(found, open_corpus()))


@app.command
def ingest(
    paths: Positional[tuple[str, ...]] = (),
    list: bool = False,
    remove: str = "",
    dry_run: bool = False,
    wait: bool = True,
    json: bool = False,
) -> None:
    """Add your own documents, list them, or remove one. Exit status 2 if one could not be read.

    Args:
        paths: Files, folders, web addresses, arXiv ids or video links. An unchanged file costs nothing; what has
            gone from a folder is taken out.
        list: List your documents.
        remove: The id of a document to remove.
        dry_run: Say what would be done, and do nothing.
        wait: Wait for another ingest to end; with --no-wait, say who holds the library and stop.
        json: Print records.
    """
    from app.printing.corpus import print_documents
    from corpus.library import library

    if remove:
        documents = [library.remove(remove, wait=wait, report=note)]
    elif list or not paths:
        documents = library.list_documents()
    else:
        documents = library.ingest(paths, dry_run=dry_run, wait=wait, report=note)
    if json:
        show([document.to_json() for document in documents])
    else:
        print_documents(documents)
    failed = [document for document in documents if document.change == "failed"]
    for document in failed:
        note(f"orrery: {document.problem}")
    if failed:
        raise SystemExit(2)


@app.command
def claims(
    id: Positional[str] = "", topic: str = "", status: str = "", experiment: str = "", json: bool = False
) -> None:
    """List the claims, or show one: who says so, who disagrees, and what would settle it.

    Args:
        id: The claim to show; without it, all are listed.
        topic: Only claims about this topic.
        status: Only bankable, contested or thesis.
        experiment: Only claims that this experiment tests.
        json: Print the Claim records.
    """
    from app.printing.corpus import print_claim, print_claims
    from corpus.ledger import claim, matching

    if id:
        found = claim(id)
        show(found.to_json()) if json else print_claim(found)
    else:
        listed = matching(topic, status, experiment)
        show([claim.to_json() for claim in listed]) if json else print_claims(listed)


@app.command
def trends(since: str = "", until: str = "", topic: str = "", json: bool = False) -> None:
    """What is written about when: titles by topic, and which systems appeared.

    Args:
        since: The first month, YYYY-MM or YYYY.
        until: The last month, included.
        topic: One topic alone.
        json: Print the Timeline (every month of every topic) and the Appearance records.
    """
    from app.printing.corpus import print_trends
    from corpus.trends import first_seen, timeline

    found, systems = timeline(since, until, topic), first_seen(since, until, topic)
    if json:
        show({"timeline": found.to_json(), "systems": [system.to_json() for system in systems]})
    else:
        print_trends(found, systems, listed=bool(since))
