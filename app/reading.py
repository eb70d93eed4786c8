"""What can be read over HTTP without asking a question: sources, claims, trends. Each route calls one function of the
corpus; a `CorpusError` becomes `error` in one line."""

from __future__ import annotations

import dataclasses
from typing import Any

from fastapi import APIRouter, HTTPException, Request

from app.telling import told
from app.visits import visitor

routes = APIRouter(prefix="/api")


@routes.get("/source/{source_id}")
def source(source_id: str, request: Request) -> dict[str, Any]:
    found = visitor(request.scope).corpus().sources.get(source_id)
    if found is None:
        raise HTTPException(404, f"There is no source {source_id!r}.")
    return found.to_json()


@routes.get("/claims")
def claims(topic: str = "", status: str = "") -> dict[str, Any]:
    from corpus.ledger import matching

    return told(lambda: {"claims": [claim.to_json() for claim in matching(topic, status)]})


@routes.get("/trends")
def trends(since: str = "", until: str = "", topic: str = "") -> dict[str, Any]:
    """Titles by topic and month, systems and claims first seen in the same months, and the topics' names."""
    from corpus.topics import topics
    from corpus.trends import claims_seen, first_seen, timeline

    return told(
        lambda: {
            "timeline": timeline(since, until, topic).to_json(),
            "systems": [system.to_json() for system in first_seen(since, until, topic)],
            "claims": [dataclasses.asdict(claim) for claim in claims_seen(since, until, topic)],
            "topics": {id: row.name for id, row in topics().items()},
        }
    )


@routes.get("/trends/papers")
def papers(month: str, topic: str = "") -> dict[str, Any]:
    from corpus.trends import papers_of

    return told(
        lambda: {"papers": [{**dataclasses.asdict(p), "url": p.url} for p in papers_of(month, topic)]}
    )


@routes.get("/trends/changed")
def changed(since: str) -> dict[str, Any]:
    from corpus.trends import changed_since

    return told(
        lambda: {"changes": [dataclasses.asdict(c) | {"growth": c.growth} for c in changed_since(since)]}
    )
