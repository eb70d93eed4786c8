"""Answers, documents, claims and trends as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.printing import WIDTH, wrap

if TYPE_CHECKING:
    from corpus.answering.explain import Explanation
    from corpus.answering.stance import Stance
    from corpus.library.ingesting import Document
    from corpus.records import Answer, Citation, Claim, Voice
    from corpus.trends import Appearance, Timeline


def print_answer(answer: Answer) -> None:
    """The sentences with their numbers, then each citation with its quoted span."""
    if answer.notice:
        print(wrap(f"Note: {answer.notice}"), end="\n\n")
    if answer.read_as:
        print(wrap(f"Read as: {answer.read_as}"), end="\n\n")
    if answer.refusal:
        print(wrap(answer.refusal.reason))
        if answer.refusal.covers:
            print("\nWhat they do say nearby:")
        for sentence in answer.refusal.covers:
            first = sentence.citations[0]
            print(wrap(f"“{sentence.text}” ({first.title}) [{first.source_id}]", "  "))
        if answer.refusal.nearest:
            print("\nThe nearest sources are:")
            for title in answer.refusal.nearest:
                print(f"  - {title}")
        if answer.refusal.instead:
            print("\nThey do answer:")
            for question in answer.refusal.instead:
                print(wrap(f"- {question}", "  "))
        return
    cited: list[Citation] = []
    parts = []
    for sentence in answer.sentences:
        marks = ""
        for citation in sentence.citations:
            if citation not in cited:
                cited.append(citation)
            marks += f"[{cited.index(citation) + 1}]"
        flag = " (unsupported)" if sentence.support == "unsupported" else ""
        parts.append(f"{sentence.text} {marks}{flag}")
    print(wrap(" ".join(parts)))
    print()
    for count in answer.counts:
        print(wrap(f"- {count.text}"))
    if answer.counts:
        print(wrap(f"(counted: {answer.counted})"), end="\n\n")
    for number, citation in enumerate(cited, 1):
        page = f", page {citation.page}" if citation.page else ""
        print(
            f"[{number}] {citation.title} ({citation.published or 'no date'}{page})  {citation.url}".rstrip()
        )
        print(wrap(f"“{citation.quote}”", "    "))
        print(f"    {citation.source_id}, characters {citation.start} to {citation.end}")


def print_stance(stance: Stance) -> None:
    """The claim that the question touches: both sides, three voices each, and what would change it."""
    print("\n" + wrap(f"The claim: {stance.statement}"))
    print(
        wrap(f"It is {stance.status}: {stance.status_means}. The whole of it: orrery claims {stance.claim}")
    )
    for heading, views in (("For", stance.supports), ("Against", stance.disputes)):
        for view in views[:3]:
            camp = f" ({view.camp})" if view.camp != "neutral" else ""
            print(
                wrap(
                    f"{heading}: {view.who}{camp}: “{view.citation.quote}” [{view.citation.source_id}]", "  "
                )
            )
    if not stance.disputes:
        print("  Against: no published dispute was found.")
    print(wrap(f"What would change it: {stance.would_change}", "  "))
    if stance.own:
        print(wrap(f"In your own documents: {', '.join(dict.fromkeys(c.title for c in stance.own))}.", "  "))
        print(wrap(stance.own_note, "  "))


def print_explanation(found: Explanation) -> None:
    """A block a passage, best first: its ranks and scores, then what became of it."""
    if found.guide:
        print("\n" + wrap(f"An editor put these sentences together for “{found.guide}”"))
    print("\nPassages found, by fused score; a half's rank is - where it did not rank the passage\n")
    for row in found.rows:
        bm25 = f"{row.bm25_rank or '-'} ({row.bm25_score:.1f})"
        dense = f"{row.dense_rank or '-'} ({row.cosine:.2f})"
        print(f"{row.place:3}  fused {row.score:.2f}   BM25 {bm25:12} MiniLM {dense:12} {row.passage_id}")
        print(wrap(row.why, "     "))
        if row.answers:
            print(wrap(f"It answers “{row.answers}” (likeness {row.likeness:.2f})", "     "))


def print_documents(documents: list[Document]) -> None:
    """A line a document; those that failed are named on standard error."""
    for document in documents:
        if document.change == "failed":
            continue
        pages = f", {document.pages} pages" if document.pages else ""
        count = f" ({document.passages} passages{pages})" if document.passages else ""
        print(f"{document.change:10} {document.id or document.path:30} {document.title}{count}")
    if not documents:
        print("no documents of your own yet; add some with: orrery ingest FILE|FOLDER|URL ...")


def print_claims(claims: list[Claim]) -> None:
    """Two lines or three a claim: what it is called and how it stands, then what it says."""
    for claim in claims:
        tested = f", experiment {claim.experiment}" if claim.experiment else ""
        voices = f"{len(claim.supports)} for, {len(claim.disputes)} against"
        print(f"{claim.id}  ({claim.status}, {voices}{tested})")
        print(wrap(claim.statement, "    "))
    print(f"\n{len(claims)} claims" if claims else "no claim is all of that")


def print_claim(claim: Claim) -> None:
    """The whole record, every voice with its words and where they stand."""
    from corpus.library.shipped import read_sources

    sources = {source.id: source for source in read_sources()}

    def print_voices(heading: str, voices: tuple[Voice, ...]) -> None:
        print(f"\n{heading}")
        for voice in voices:
            source = sources[voice.source_id]
            print(wrap(f"{voice.who}, in “{source.title}” ({source.published or 'no date'})", "  "))
            print(wrap(f"“{voice.quote}”", "    "))
            print(f"    {source.id}, characters {voice.start} to {voice.end}  {source.url}".rstrip())

    print(wrap(claim.statement))
    print(wrap(f"{claim.id}: {claim.status}; {', '.join(claim.topics)}"))
    print_voices("Who says so", claim.supports)
    if claim.disputes:
        print_voices("Who disagrees", claim.disputes)
    else:
        print("\nNo published dispute was found.")
    print("\nWhat would change it\n" + wrap(claim.would_change, "  "))
    if claim.experiment:
        print(f"\nIf it is true, the experiment {claim.experiment} shows\n" + wrap(claim.if_true, "  "))


def print_trends(timeline: Timeline, systems: tuple[Appearance, ...], listed: bool) -> None:
    """A row a topic, most titles first, by month, quarter or year: the finest that fits. Then the systems."""
    months, name_width = timeline.months, max(map(len, (*timeline.counts, "all titles")))
    most = (WIDTH - name_width - 7) // 6
    for unit, label in _PERIODS.items():
        periods = list(dict.fromkeys(label(month) for month in months))
        if len(periods) <= most or unit == "year":
            break

    def row(name: str, counts: tuple[int, ...]) -> str:
        sums = dict.fromkeys(periods, 0)
        for month, count in zip(months, counts, strict=True):
            sums[label(month)] += count
        return (
            f"{name:{name_width}}" + "".join(f"{n or '.':>6}" for n in sums.values()) + f"{sum(counts):>7,}"
        )

    print(" " * name_width + "".join(f"{period:>6}" for period in periods) + "  total")
    print(row("all titles", timeline.total))
    for topic, counts in sorted(timeline.counts.items(), key=lambda item: -sum(item[1])):
        print(row(topic, counts))
    total = sum(timeline.total)
    print(
        "\n"
        + wrap(
            f"n = {total:,} titles of arXiv papers on world models, {months[0]} to {months[-1]}, by {unit} of the arXiv "
            f"id; a topic is given by words of the title (corpus/topics.csv), so a title may have several, and "
            f"{timeline.untold} have none. A count of titles shows what is written about: not what works, not what "
            f"matters, and not how many papers there are outside this collection. The last {unit} may be incomplete."
        )
    )
    print(f"\nSystems whose first dated source here is of these months: {len(systems)}")
    if not listed:
        print("name a month to list them: orrery trends --since 2026")
        return
    for system in systems:
        print(f"  {system.published:10}  {system.system:36} {system.source_id}")


_PERIODS = {
    "month": lambda month: month[2:],
    "quarter": lambda month: f"{month[2:4]}Q{(int(month[5:]) + 2) // 3}",
    "year": lambda month: month[:4],
}
