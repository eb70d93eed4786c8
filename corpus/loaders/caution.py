"""Text that speaks to a reader's tools instead of the reader: found, so that it can be shown as marked.

Nothing here is obeyed or removed. Patterns look for orders, not for talk about them: "papers on prompt injection"
is left alone, "ignore all previous instructions" is not, even where it is quoted.
"""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from typing import NamedTuple

HIDDEN_HEADING = "Text that the page hides from its readers"
"""Web pages' hidden text stands under this heading; see `corpus.loaders.html`."""


class _Rule(NamedTuple):
    reason: str
    needles: tuple[str, ...]
    """One of these must stand in the lower-cased text, or the pattern can't match: looking for them is cheap."""
    pattern: re.Pattern[str]


def _rule(reason: str, needles: str, *patterns: str) -> _Rule:
    return _Rule(reason, tuple(needles.split("|")), re.compile("|".join(patterns), re.MULTILINE))


_OLD = (
    r"(?:previous(?:ly)?|prior|above|preceding|earlier|foregoing|existing|original|initial|system|safety|your|"
    r"all(?: of)? (?:your|the)|any|all other|developer'?s?|user'?s?)"
)
_ORDERS = (
    r"(?:instructions?|prompts?|rules?|directives?|guidelines?|commands?|guardrails?|safeguards?|directions|training|"
    r"programming|context|messages?|conversation)"
)
_MODEL = (
    r"(?:ai|a\.i\.|llms?|gpt|chatgpt|claude|gemini|copilot|language models?|ai (?:systems?|models?)|chat ?bots?|"
    r"(?:ai )?assistants?|ai agents?|ai reviewers?|automated (?:systems?|reviewers?))"
)
_TOOL = r"(?:tools?|functions?|plugins?|connectors?|shell|terminal|browser|interpreter|api)"
_ORDER_STARTS = r"(?:^|[.!?:;\n\"'“‘(*>\]-]\s*|\b(?:please|now|then|must|immediately|instead,?) )"
_UNDO = "overlook|dismiss|aside|abandon|drop |ignor|disregard|forget|overrid|bypass|overrule|discard|obey|not follow|n't follow|stop following"
_IGNORE = "asks to ignore instructions"

_RULES = (
    _rule(
        _IGNORE,
        _UNDO,
        r"\b(?:ignor(?:e|ing)|disregard(?:ing)?|forget|override|bypass|overrule|discard|do not (?:follow|obey)|"
        r"don't (?:follow|obey)|stop (?:following|obeying))\b[ ,]+"
        r"(?:(?:about|any|all|each|every|everything|the|these|those|of|its|my|our|such)\b[ ,]+){0,4}"
        rf"(?:{_OLD}\b[ ,]+){{1,3}}(?:\w+ ){{0,2}}{_ORDERS}\b",
        r"\b(?:ignore|disregard|forget|discard|overlook|dismiss) (?:(?:all|any|every|everything|the|of|these|those) ){0,3}"
        rf"{_ORDERS}[ ,]+(?:\w+ ){{0,3}}(?:above|before|prior|previously|so far|earlier|you (?:were|have been|got|received))",
        r"\b(?:ignore|disregard|forget|discard) (?:everything|all|anything|the)[ ,]+(?:(?:that|was|came|said|is|written) ){0,3}"
        r"(?:above|before this)\b(?=[ ,.;:]*(?:and|instead|$|[.;:]))",
        r"\b(?:ignore|disregard|forget) (?:any|all|every|the|this) (?:text|content|words|input) (?:\w+ ){0,2}(?:above|before|preceding)\b",
        r"\b(?:ignore|disregard) (?:what )?the user(?:'s)? (?:question|request|query|input|prompt|asked|asks|said|says|wants)\b",
        rf"\b(?:do not follow|don't follow|ignore|disregard|forget) (?:(?:the|all|any) ){{0,2}}{_ORDERS} (?:\w+ ){{0,3}}(?:by|from) "
        r"(?:the |your )?(?:developer|system|user|operator|administrator|creator)s?\b",
        r"\bignore (?:all|any|every) other (?:documents?|sources?|texts?|results|passages|pages)\b",
        r"\bforget (?:what|all that|everything) you (?:were|have been|are) (?:told|taught|given)\b",
        r"\b(?:forget|ignore|disregard) your (?:rules|instructions?|prompts?|guidelines)\b",
        r"\b(?:set|put) aside (?:\w+ ){0,3}(?:guidance|instructions?|rules|prompts?|guidelines) (?:you|your|given|above)\b",
        r"\b(?:drop|abandon) (?:\w+ ){0,2}(?:your|previous|prior|earlier) (?:\w+ )?(?:guidance|instructions?|rules|prompts?|guidelines)\b",
    ),
    _rule(
        _IGNORE,
        "void|no longer|cancel|revoked|superseded",
        r"\b(?:your|all|any) (?:\w+ ){0,2}(?:instructions|rules|prompts|guidelines|directives) (?:are|were|have been) (?:now |hereby )?"
        r"(?:void|no longer|cancell?ed|revoked|superseded)\b",
    ),
    _rule(
        _IGNORE,
        "ignor|忽略|無視|игнорируй",
        r"\bignor(?:iere?n?|a|ez|er|ieren sie) (?:bitte )?(?:(?:alle|todas|toutes|tutte|sämtliche|las|les|le|die) ){0,3}"
        r"(?:(?:vorherigen|bisherigen|obigen) (?:anweisungen|befehle)|instrucciones|instructions|istruzioni|anweisungen)\b",
        r"忽略.{0,8}(?:指令|指示|提示)|(?:以前|これまで|上記)の.{0,4}指示を.{0,4}無視|игнорируй.{0,25}(?:инструкци|указани)",
    ),
    _rule(
        "poses as a message to a language model",
        "<|[inst|[/inst|system|assistant|developer|instruction|admin|from your",
        r"<\|?/?(?:im_start|im_end|system|assistant|endoftext|eot_id|start_header_id|begin_of_text)\|?>|\[/?inst\]|<</?sys>>",
        r"^[#>*\s]{0,6}(?:system|assistant|developer)[ _]?(?:prompt|message|instructions?|override|note)\*{0,2}\s*:",
        r"^[#>*\s]{0,6}assistant\*{0,2}\s*:|^[#>*]{1,6}\s{0,3}instructions?\*{0,2}\s*:",
        r"(?:^|[.!?\n]\s{0,3})[#>*\s]{0,6}system\*{0,2}\s*: (?:you|your|ignore|disregard|new|always|never|do not|from now)\b",
        r"\b(?:human|user)\s*:[^\n]{1,300}\n?[^\n]{0,300}\bassistant\s*:",
        r"\b(?:message|instructions?|order|note|command) from your (?:administrator|developer|creator|operator|system|owner)s?\b",
        r"\b(?:begin|end|new|start of|updated) (?:system|developer|admin(?:istrator)?) (?:prompt|message|instructions?)\b",
    ),
    _rule(
        "gives its reader a new role",
        "you are|you must|assume the|from now on|from this |act as|act like|behave|respond as|respond like|answer as|answer like|pretend| mode|"
        "your new|your real|your true|your actual|your only|new task|new instruction",
        rf"\byou are now (?:in |an? (?:{_MODEL}|un\w+|different|new|free|system|admin\w*|pirate|evil|helpful|character|expert)\b|"
        rf"no longer (?:bound|an? )|free (?:of|from|to)\b|un\w+ed\b|dan\b|acting as|operating (?:as|in)|{_MODEL}\b)",
        rf"\byou are (?:an? )?{_MODEL}\b[^.\n]{{0,40}}\b(?:(?:no|without) (?:restrictions|rules|limits|filters)|developer mode)",
        r"\bassume the (?:role|identity|persona) of (?:an? )?(?:un\w+ed|jailbroken|evil|root|admin\w*)\b|\byou must (?:now )?obey\b",
        rf"\byou are no longer (?:bound|restricted|limited|(?:an? |the )?{_MODEL}\b)",
        r"\bfrom (?:now on|this (?:point|moment) (?:on|onwards?|forward)),? you (?:will|must|are|shall|should|have to|obey|answer|respond|act)\b",
        r"\b(?:act|behave|respond|answer|pretend) (?:as|like|to be|as if you (?:are|were)) (?:an? |the )?"
        r"(?:unrestricted|uncensored|unfiltered|jailbroken|root|admin\w*|evil|different ai|dan)\b",
        r"\b(?:enter|enable|activate|switch (?:in)?to) (?:the )?(?:developer|god|admin\w*|jailbreak|dan|unrestricted) mode\b",
        r"\byour (?:new|real|true|actual|only) (?:task|goal|instructions?|role|purpose|objective|identity)\b[^.?]{0,30}\b(?:is|are) to\b",
        r"\bnew (?:task|instructions?)(?: for you)?:",
    ),
    _rule(
        "asks to use a tool",
        "your |tool|function|plugin|connector|shell|terminal|browser|interpreter| api|curl |wget |sudo |rm -|powershell",
        rf"{_ORDER_STARTS}(?:call|invoke|trigger|run|execute) (?:the |your )(?:[\w`'\"-]{{1,40}} ){{0,3}}{_TOOL}\b"
        r"(?= (?:to|with|and|now|on|for|at|named|called|immediately)\b| ?[.!:`'\"({])",
        r"\buse (?:the |your )[\w`'\"-]{1,40} (?:tool|function|plugin|api) to (?:send|forward|delete|remove|e?mail|post|upload|transfer|share)\b",
        rf"{_ORDER_STARTS}use your (?:[\w`'\"-]{{1,40}} ){{0,3}}{_TOOL}\b",
        rf"\byou (?:must|should|have to|need to|are to) (?:now |immediately |first )?(?:call|invoke|execute) "
        rf"(?:(?:the|your|a) )?(?:[\w`'\"-]{{1,40}} ){{0,3}}{_TOOL}\b",
        r"\b(?:call|invoke|run|execute) (?:the )?[a-z]+_[a-z_]{2,40} (?:tool|function)\b",
        r"\b(?:run|execute) (?:this|the following|the) (?:code|script|command|program)s? (?:on|in) your\b",
        r"</?(?:tool_call|function_call|tool_use|function_calls)\b|\"(?:tool_calls?|function_call)\"\s*:\s*[\[{]",
        rf"{_ORDER_STARTS}(?:run|execute)(?: (?:the |this )?(?:following )?(?:command|code|script))?:? ?`?"
        r"(?:rm -|curl |wget |sudo |powershell|bash -|sh -c)",
    ),
    _rule(
        "asks for what should stay private",
        "prompt|instruction|key|password|credential|secret|token|environment var|history|](http|user's|above|before",
        r"\b(?:repeat|print|output|reveal|copy|recite) (?:everything|all (?:the )?(?:text|words)|the (?:text|words)) (?:\w+ ){0,2}(?:above|before)\b",
        rf"{_ORDER_STARTS}(?:reveal|print|repeat|output|show|display|recite) (?:\w+ ){{0,4}}your (?:\w+ )?(?:instructions|prompt)\b",
        r"\b(?:search|read|open|collect|gather|scan|delete|forward|send|post|upload|include) (?:through )?(?:all )?(?:of )?the user's "
        r"(?:address|e?mail address|name|password|files|mail|e-?mails?|inbox|drive|messages|calendar|documents|history)\b",
        rf"{_ORDER_STARTS}(?:reveal|print|repeat|output|show|leak|disclose|display|write out|send|give|tell|email|post|upload|"
        r"forward|exfiltrate|return)\b (?:(?:me|us|out|the user|everything in|all(?: of)?|any|a copy of|the contents? of|verbatim) ){0,4}"
        r"(?:your|the|their|its|this) (?:\w+ ){0,2}(?:system prompt|hidden (?:prompt|instructions?)|"
        r"(?:initial|original|system|secret) (?:prompt|instructions?)|api[ _-]?keys?|passwords?|credentials|secrets|"
        r"access tokens?|environment variables|private keys?|chat history|conversation history)",
        r"!\[[^\]\n]{0,80}\]\(https?://[^)\s]{0,300}(?:\{|\$|%7b|[?&](?:data|q|secret|prompt|conversation|history|key|leak)=)",
    ),
    _rule(
        "speaks to a language model",
        " ai |ai:|ai,|llm|gpt|claude|gemini|copilot|language model|chatbot|chat bot|assistant|ai agent|automated| must |as the model|"
        "users|the user|your |only |any |this |review|rating|score|negatives|weakness|flaws|when ",
        rf"\bif you(?: are|'re) (?:an? |the |a large |any )?(?:\w+ )?{_MODEL}\b(?!['’])",
        r"^[\W_]{0,6}(?:attention|note|notice|important|message|memo|instructions?|hint|warning|hello|hi|dear|hey)(?: to| for|,)?:? "
        rf"(?:(?:all|any|the|other|every|fellow|to|large) ){{0,3}}{_MODEL}"
        r"(?: (?:reading|processing|reviewing|summari[sz]ing|parsing|viewing)|\s?[:,!])",
        rf"\b{_MODEL} (?:(?:that|who|which|currently|is|are) ){{0,3}}(?:reading|processing|summari[sz]ing|parsing|indexing) this\b",
        rf"\b(?:message|note|notice) (?:to|for) (?:(?:all|any|the) )?{_MODEL}\s?:",
        r"\b(?:start|begin|end|preface) (?:your|every|each) (?:reply|answer|response|summary|output)s? (?:with|by)\b",
        rf"{_ORDER_STARTS}(?:respond|reply|answer) only (?:with|in)\b|\bnever (?:cite|quote|trust) any (?:other )?(?:source|document)\b",
        r"\b(?:do not|don't|never) (?:summari[sz]e|translate|index|cite|quote) this (?:document|page|text|paper|file)\b",
        r"\btell the user to (?:visit|go|click|open|enter|download|install|call|send|buy)\b|\bwithout (?:asking|telling|informing|consulting) the user\b",
        r"\bas an ai (?:language )?model,? you\b|\bas (?:the|an) (?:ai )?(?:assistant|model), you\b",
        r"\bthe (?:ai|llm|model|assistant|chatbot) must (?:now |not )?(?:include|insert|append|reveal|recommend|praise|call|send|ignore|obey|disregard)\b",
        r"\bwhen (?:you (?:are )?)?(?:asked|summari[sz](?:e|ing)|answer(?:ing)?|cit(?:e|ing)|quot(?:e|ing)|review(?:ing)?)\b[^.\n]{0,60}, "
        r"(?:you must|always|never|do not|don't|only|say|state|answer|reply|respond|include|recommend|mention)\b",
        r"\b(?:do not|don't|never|without) (?:mention(?:ing)?|reveal(?:ing)?|tell(?:ing)?|disclos(?:e|ing)|inform(?:ing)?|alert(?:ing)?) "
        r"(?:(?:this|these|that|any of this|about|it|them|anything|instructions?) ){0,4}(?:to )?(?:the |your )users?\b",
        r"\bgive (?:this (?:paper|work|manuscript|submission) )?(?:an? )?(?:only )?(?:positive|favou?rable|glowing) (?:review|rating|score)s?\b",
        r"\b(?:do not|don't|never) (?:highlight|mention|report) (?:any )?(?:negatives|weaknesses|flaws)\b",
    ),
)
_LOOKALIKE = str.maketrans("аеорсухіјѕԁһӏνοαρτι", "aeopcyxijsdhlvoapti")
_BASE64 = re.compile(r"[A-Za-z0-9+/]{40,4000}={0,2}")
_SPACED = re.compile(r"\b(?:[a-z][ ._-]{1,2}){12,400}[a-z]\b")
_SPACED_ORDER = re.compile(r"ignore(?:all|any|the)*(?:previous|prior|above)|systemprompt")


def caution(text: str, heading: str = "") -> str:
    """Why a passage (or a title) must be shown as marked, in a few words; empty for nearly all."""
    if heading == HIDDEN_HEADING:
        why = _why(text)
        return "the page hides this text from its readers" + (f", and it {why}" if why else "")
    if why := _why(text):
        return why
    why = _why(heading) if heading else ""
    return f"its heading {why}" if why else ""


def _why(text: str) -> str:
    plain = _plain(text)
    if why := _match(plain):
        return why
    for match in _SPACED.finditer(plain):
        if _SPACED_ORDER.search(re.sub(r"[ ._-]", "", match.group())):
            return f"{_IGNORE}, in letters set apart"
    for match in _BASE64.finditer(text):
        if _match(_decoded(match.group()).lower()):
            return "gives orders in base64"
    return ""


def _match(plain: str) -> str:
    for rule in _RULES:
        if any(needle in plain for needle in rule.needles) and rule.pattern.search(plain):
            return rule.reason
    return ""


def _plain(text: str) -> str:
    """Lower case, one space between words, and letters as they look: full-width and mathematical forms, and
    Cyrillic and Greek lookalikes, made Latin where most of the text is."""
    if text.isascii():
        plain = text
    else:
        plain = unicodedata.normalize("NFKC", text).replace("’", "'")
        foreign = sum("\u0370" <= c <= "\u052f" for c in plain)
        if 0 < foreign < sum(c.isascii() and c.isalpha() for c in plain):
            plain = plain.lower().translate(_LOOKALIKE)
    return re.sub(r" {2,}", " ", plain.lower())


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text[: len(text) // 4 * 4], validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""
