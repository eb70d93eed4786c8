"""What a language model may call: search, ask, contrast, plan, lab. Each computes and changes nothing.

A result is data. It is handed over as a quotation whose own marks can't end it, passages that address a reader's tools
are withheld, and each result says whether it quotes a document that the user added (`Quoted.stranger`), after which
`agents.contrast.agent` calls no more tools.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from threading import Lock
from typing import TYPE_CHECKING

from agents.errors import AgentError
from agents.lab import EXPERIMENTS
from agents.scenarios import TEMPLATES
from corpus.errors import CorpusError
from world_model.errors import WorldModelError

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

    from corpus.records import Citation, Hit
    from corpus.retrieval.index import Corpus

PASSAGES = 5
LONGEST = 700
"""Characters of a passage that are quoted."""
WITHHELD = "[withheld: this passage addresses its reader's tools]"


@dataclass(frozen=True)
class Quoted:
    """What a tool found, beside the words that the language model gets."""

    text: str
    failed: bool = False
    stranger: bool = False
    """Whether it holds text of a document that the user added, rather than of the sources that ship."""


def shipped(id: str, corpus: Corpus) -> bool:
    """Whether the source is one of those that ship."""
    from corpus.library.store import SHIPPED

    return any(True for _ in corpus.store.rows("name = ? and origin = ?", (id, SHIPPED)))


@dataclass
class Bench:
    """The tools of one conversation, and the passages that they have quoted so far, which [1], [2], ... name."""

    corpus: Corpus
    hits: list[Hit] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def search(self, query: str) -> Quoted:
        """The passages of the sources that are nearest to a few words, each with its number."""
        from corpus.answering.question import checked
        from corpus.retrieval.retrieve import HybridRetriever

        hits = HybridRetriever(corpus=self.corpus, top_k=PASSAGES).hits(checked(query))
        lines = [f"[{self._number(hit)}] {self._words(hit)}" for hit in hits]
        return Quoted("\n".join(lines) or "nothing was found", stranger=self._strange(hits))

    def ask(self, question: str) -> Quoted:
        """The sources' own sentences that answer a question, each with its passage's number; or why they don't."""
        from corpus.answering.answer import ask

        answer = ask(question, self.corpus, writer="extractive")
        if answer.refusal:
            near = "; ".join(dict.fromkeys(hit.title for hit in answer.hits[:3] if not hit.passage.caution))
            return Quoted(f"{answer.refusal.reason} Nearest: {near}", stranger=self._strange(answer.hits))
        lines = []
        for sentence in answer.sentences:
            if any(c.caution for c in sentence.citations):
                lines.append(WITHHELD)
                continue
            cited = [hit for hit in answer.hits if any(_holds(hit, c) for c in sentence.citations)]
            lines.append(f"{sentence.text} {''.join(f'[{self._number(hit)}]' for hit in cited)}")
        return Quoted("\n".join(lines), stranger=self._strange(answer.hits))

    def contrast(self, world: str, seed: int = 0, kind: str = "") -> Quoted:
        """One scene of a world: its question, what a world model imagines, and what really happens."""
        from agents.contrast.run import contrast, fresh

        found = contrast(fresh(world, seed, kind), corpus=self.corpus, talk=False)
        options = "; ".join(found.scenario["options"])
        scene, question = found.scenario["scene"], found.scenario["question"]
        return Quoted(f"{scene}\n{question}\nOptions: {options}\n{found.summary()}")

    def plan(self, world: str = "two-rooms", seed: int = 0) -> Quoted:
        """One episode in a world: an agent plans in its model's imagination and acts in the real world."""
        from agents.config import PlanConfig
        from agents.episode import plan_episode

        trace = plan_episode(PlanConfig(world=world, seed=seed))
        outcome = "reached" if trace.success else "missed"
        return Quoted(
            f"{trace.model} {outcome} the goal after {trace.steps} steps ({trace.rule}). Between looks it imagined itself "
            f"{trace.error.mean():.1f} pixels off on average; without ever looking again it would have been "
            f"{trace.blind_error.mean():.1f} off."
        )

    def lab(self, experiment: str = "") -> Quoted:
        """What an experiment found about a claim, with its numbers and limits; without a name, which there are."""
        from agents.lab.run import listed, need, text

        if experiment:
            return Quoted(text(need(experiment)))
        return Quoted("\n".join(f"{row.id}: {row.question}" for row in listed()))

    def _number(self, hit: Hit) -> int:
        """Of a passage, from 1; the same whenever it is quoted again. Tools of one turn run side by side."""
        with self.lock:
            for number, known in enumerate(self.hits, 1):
                if known.passage.id == hit.passage.id:
                    return number
            self.hits.append(hit)
            return len(self.hits)

    def _strange(self, hits: list[Hit] | tuple[Hit, ...]) -> bool:
        return not all(shipped(id, self.corpus) for id in {hit.passage.source_id for hit in hits})

    @staticmethod
    def _words(hit: Hit) -> str:
        passage = hit.passage
        return WITHHELD if passage.caution else f"{hit.title}: {passage.text[:LONGEST]}"


def _holds(hit: Hit, cited: Citation) -> bool:
    passage = hit.passage
    return passage.source_id == cited.source_id and passage.start <= cited.start < passage.end


def make_tools(bench: Bench) -> list[BaseTool]:
    """The bench's methods as LangChain's tools. Their messages carry the `Quoted` as their artifact."""
    from langchain_core.tools import StructuredTool

    worlds, experiments = ", ".join(TEMPLATES), ", ".join(EXPERIMENTS)
    more = {
        "contrast": f" Worlds: {worlds}.",
        "plan": " Worlds: two-rooms, two-rooms:random.",
        "lab": f" Names: {experiments}.",
    }

    def answering(name: str):  # type: ignore[no-untyped-def]
        method = getattr(bench, name)

        def call(**arguments: object) -> tuple[str, Quoted]:
            try:
                found = method(**arguments)
            except (AgentError, CorpusError, WorldModelError) as error:
                found = Quoted(str(error), failed=True)
            return quote(name, found.text), found

        return call

    return [
        StructuredTool.from_function(
            answering(name),
            name=name,
            description=(getattr(bench, name).__doc__ or "") + more.get(name, ""),
            args_schema=_schema(getattr(bench, name)),
            response_format="content_and_artifact",
        )
        for name in ("search", "ask", "contrast", "plan", "lab")
    ]  # fmt: skip


def _schema(method):  # type: ignore[no-untyped-def]
    """The pydantic model of a method's arguments."""
    from langchain_core.tools.base import create_schema_from_function

    return create_schema_from_function(method.__name__, method)


def quote(tool: str, text: str) -> str:
    """A tool's result as a quotation that nothing in it can end."""
    return f'<quotation from="{tool}">\n{escape(text, quote=False)}\n</quotation>'
