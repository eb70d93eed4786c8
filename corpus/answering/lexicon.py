"""Words without a subject, and words that say the same in a question about a source.

Stems are those of the English Snowball stemmer.
"""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


STOP = _words(
    """
    a about above after again against all also although am among an and any anybody anyone anything
    are as at be because been before being between both but by can cannot could did do does doing
    don done down during each either else ever every exactly few for from further get gets give
    given go goes had has have having he her here hers him his how however i if in into is isn it
    its itself just let like many may me might more most much must my near need neither no nor not
    now of off on once one only or other our out over own per please rather really s same say says
    said see shall she should show shows since so some someone something such t take tell than that
    the their them then there these they thing things think thinks this those though through to too
    toward towards under until up upon us use used uses using very via want was way we well were
    what whatever when where whether which while who whom whose why will with within without would
    yet you your according actually explain describe called call mean means meant people
    ca wo cant dont doesnt didnt isnt arent wont wouldnt couldnt im ive whats hows whos thats theres lets
    lol haha hey hi ok okay pls plz btw idk
    """
)
"""Words that carry no subject. A question made only of them asks about nothing."""

GENERIC = frozenset({"AI", "LLM", "LLMs", "AGI", "ML", "RL", "NN", "US", "EU", "UK"})
"""Abbreviations that name no thing a source is about, and that a source may write out."""

_SYNONYMS = (
    "introduc publish releas announc propos present made make built build develop invent creat wrote write author launch post describ came come behind coin devis name formul",
    "disagre critic criticis criticiz object oppos reject disput doubt question sceptic skeptic answer repli argu",
    "limit weak weakness fail failur shortcom drawback cannot lack",
    "accuraci score success succeed perform result percent",
    "big large size paramet",
    "job employ worker work labour labor",
    "predict forecast anticip",
    "robot arm",
    "cost expens price",
    "quick fast speed rapid",
    "begin start",
    "problem failur danger risk harm worri",
    "choos pick select search decid",
    "hardwar gpu tpu gpus tpus h100",
    "optimis optim optimiz",
    "find found discov",
    "know knew known",
    "teach taught learn",
    "run ran",
    "show shown demonstr prove",
    "win won best highest top lead beat strongest",
    "claim argu conclud report believ state opinion view posit",
    "data dataset video footag clip",
    "remember memori recal forget",
    "differ unlik versus compar",
    "fps frame hz",
    "param params paramet weight",
    "net network",
    "dev devs develop programm engin",
    "llm llms languag",
    "rl reinforc",
    "pictur pic photo imag",
    "reproduc replic repeat rerun rebuild rebuilt",
    "video film record",
    "human peopl person rater",
    "grow growth rise rose",
    "manag achiev abl",
    "distant far",
    "ingredi compon part modul",
    "tool api",
    "money fund dollar invest",
    "baby babi infant",
    "employe staff worker",
    "simul imagin",
    "run lead led head chief execut ceo boss",
    "exampl case instanc",
    "fair unfair",
    "spend spent cost dollar price",
)
SAME: dict[str, frozenset[str]] = {}
for _group in _SYNONYMS:
    for _word in _group.split():
        SAME[_word] = SAME.get(_word, frozenset()) | _words(_group)


def same(term: str) -> frozenset[str]:
    """The stem and those that say the same in a question about a source."""
    return SAME.get(term, frozenset()) | {term}
