"""Which documents are one work: a paper as PDF and as a web page shares most runs of eight words with itself.

A document's sketch is the smallest hashes of its runs (Broder, On the Resemblance and Containment of Documents,
1997, section 4). Two sketches are compared below the lower of their largest hashes, where both are complete.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter

from corpus.library.store import OWN, Store
from corpus.records import Source

RUN = 8
"""Words in a run. With fewer, papers of one field share too many phrases."""
KEPT = 64
"""Hashes in a sketch: the share is off by .06 (one standard deviation) at worst."""
SAME = 0.3
"""Least share of the smaller one's runs. The paper World Models as PDF and as a web page shares .56, different
texts of the field under .01."""
MIN_SHARED = 4


def sketch(text: str) -> list[int]:
    """At most KEPT numbers of 63 bits, rising."""
    words = re.findall(r"[^\W_]+", text.lower())
    runs = {" ".join(words[i : i + RUN]) for i in range(len(words) - RUN + 1)}
    hashes = (hashlib.blake2b(run.encode(), digest_size=8).digest() for run in runs)
    return sorted({int.from_bytes(digest, "big") >> 1 for digest in hashes})[:KEPT]


def containment(one: list[int], other: list[int]) -> float:
    """Share of the smaller document's runs that the other has, estimated from their sketches."""
    if not one or not other:
        return 0.0
    full = [sketch[-1] for sketch in (one, other) if len(sketch) == KEPT]
    reach = min(full) if full else max(one[-1], other[-1])
    a, b = ({hash for hash in sketch if hash <= reach} for sketch in (one, other))
    return len(a & b) / max(min(len(a), len(b)), 1) if len(a & b) >= MIN_SHARED else 0.0


def work_of(store: Store, source: Source, mine: list[int], path: str) -> str:
    """The work that an own document belongs to: another document's, where they are the same, else its own id."""
    db = store.db
    shared: Counter[int] = Counter()
    for shingle in mine:
        shared.update(
            row[0] for row in db.execute("select document from shingles where shingle = ?", (shingle,))
        )
    for document, count in shared.most_common():
        if count < MIN_SHARED:
            break
        query = "select shingle from shingles where document = ? order by shingle"
        theirs = [row[0] for row in db.execute(query, (document,))]
        if containment(mine, theirs) >= SAME:
            for row in store.rows("id = ? and origin = ? and path != ?", (document, OWN, path)):
                return row.work or row.name
    return source.id
