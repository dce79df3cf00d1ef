"""
What no fact can hold: money that moved, news and events, what somebody expects, records and streaks. Each is refused
wherever it stands.

The facts are figures of one day and of windows that end on it. A sentence that tells what else happened, what is to
come, or how long a thing has lasted was not read from them.
"""

import re
from collections.abc import Iterator

_DEEDS = (
    r"cut|cuts|cutting|raised|raises|hiked|hikes|eased|tightened|paused|pivoted|signal(?:s|l?ed)|announced|held|decided"
)
_HEARSAY = tuple(
    (re.compile(rf"\b(?:{words})\b", re.IGNORECASE), why)
    for words, why in (
        # Chaikin's and the index of this name are figures of price and volume; nothing else may be called so
        (r"(?<!Chaikin money )(?:(?:in|out)[- ]?)?flow(?:s|ed|ing)?(?! index)|"
         r"(?:money|capital) (?:\w+ )?(?:left|leav\w+|mov\w+|went|goes|rotat\w+|pour\w+|enter\w+|fled|came|exit\w+)|"
         r"rotat(?:ed|es|ing|ion) (?:out of|from|into|to|towards?)|(?:took|takes?|taking) in",
         "no fact tells of money that moved"),
        (r"FOMC|ECB|BOJ|BOE|PBOC|OPEC|(?:People's )?Bank of [A-Z]\w+|central banks?|policy ?makers?",
         "no fact holds an event"),
        (rf"the (?:Fed|Federal Reserve) (?:has |have |had |is |was )?(?:{_DEEDS})", "no fact holds an event"),
        (r"earnings|headlines?|rumou?rs?|tariffs?|sanctions|lawsuits?|elections?|geopolitic\w*|shutdown|stimulus|"
         r"merger|acquisition|buybacks?|layoffs", "no fact holds news"),
        (r"analysts?|economists?|strategists?|(?:is|are|was|were) expected|consensus|forecasts?|estimates? of|"
         r"(?:investors|traders|markets?|bulls|bears) (?:are |were )?"
         r"(?:expect|fear|hope|bet|await|brac|pric|cheer|worr)\w*",
         "no fact holds what somebody expects"),
        (r"(?:good|high|fair|strong|slim|real|better) (?:chance|odds|probability)|odds|probabilit(?:y|ies)|guaranteed|"
         r"(?:certain|sure|bound) to|will (?:\w+ )?(?:rise|fall|gain|lose|climb|drop|double|rally|crash|soar)",
         "no fact holds what is to come"),
        (r"(?:all[- ]time|record|multi[- ]\w+|fresh|52[- ]week|year's|new) (?:highs?|lows?)|records?|"
         r"(?:highest|lowest|best|worst|strongest|weakest|biggest|largest)[^.,;]{0,25}(?: since| in (?:\w+ )?"
         r"(?:years?|decades?|months|weeks|days|sessions)| ever| on record| of the year)", "no fact holds a record"),
        (r"(?:winning|losing|longest) (?:streak|run)|streaks?|(?:straight|consecutive|successive) "
         r"(?:\w+ )?(?:session|day|week|month|gain|loss|rise|fall|close|advance|decline)\w*|"
         r"(?:days|weeks|months|sessions) in a row|(?:once )?again|yet another|"
         r"(?:second|third|fourth|fifth|sixth|\w+th) (?:day|session|week|month) (?:running|in a row|of)",
         "no fact holds how often it was so before"),
    )
)  # fmt: skip


def unsupported_claims(sentence: str) -> Iterator[tuple[str, str]]:
    """What a sentence tells that no fact can hold, and why."""
    for words, why in _HEARSAY:
        match = words.search(sentence)
        if match:
            yield match[0], why
