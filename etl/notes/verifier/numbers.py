"""
Every number in a sentence: digits with sign, currency, thousands, percent, basis points, scale words; words; dates.

The reading fails closed: a digit, a numeral of another script or a vague quantity that no rule here reads is returned
as unreadable, and the verifier refuses it.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

FILLER = "¤"  # stands for what was read already, so that it is read once

SCALES = {
    "k": 1e3, "thousand": 1e3,
    "m": 1e6, "mn": 1e6, "mln": 1e6, "million": 1e6,
    "b": 1e9, "bn": 1e9, "billion": 1e9,
    "t": 1e12, "tn": 1e12, "trn": 1e12, "trillion": 1e12,
}  # fmt: skip
SMALL = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
FRACTIONS = {
    "half": 0.5, "twice": 2.0, "double": 2.0, "doubled": 2.0, "doubling": 2.0, "triple": 3.0, "tripled": 3.0,
    "thrice": 3.0, "quadrupled": 4.0, "halved": 0.5, "tenfold": 10.0, "twofold": 2.0, "threefold": 3.0,
}  # fmt: skip
PARTS = {"third": 3, "quarter": 4, "fifth": 5, "tenth": 10}
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip

_UNIT = (
    r"(?P<unit>%|percentage[ -]points?\b|percent\b|per cent\b|pct\b|pp\b|basis[ -]points?\b|bps?\b|points?\b|"
    r"x\b|times\b|(?:st|nd|rd|th)\b(?: percentile)?|percentile\b|(?:US )?dollars\b|USD\b)"
)
_SCALE = r"(?P<scale>thousand|million|billion|trillion|mln|mn|bn|trn|tn|[kmbt])\b"
_TAIL = rf"(?:[ -]?{_SCALE})?(?:[ -]?{_UNIT})?"
_SIGN = r"(?P<minus>(?:minus|negative) )?(?:(?<![\w)%.])(?P<sign>[+-]))?(?P<currency>US\$|\$|USD ?)?(?P<sign2>[+-])?"
_DIGITS = r"(?P<digits>[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?|\.[0-9]+)"
_NUMBER = re.compile(rf"(?<![\w.]){_SIGN}{_DIGITS}{_TAIL}(?!\w)(?!\.[0-9])", re.IGNORECASE)
_WORD = "|".join(sorted([*SMALL, *TENS], key=len, reverse=True))
_SPELLED = re.compile(
    r"\b(?P<minus>(?:minus|negative) )?"
    rf"(?P<words>(?:(?:an? )?hundred|{_WORD})(?:[ -](?:hundred(?: and)?|{_WORD}))*)\b{_TAIL}",
    re.IGNORECASE,
)
_FRACTION = re.compile(
    rf"(?<!first )(?<!second )(?<!other )\b(?P<words>{'|'.join(FRACTIONS)}|"
    r"(?:one|a|two|three)[ -](?:third|quarter|fifth|tenth)s?(?= of)|"
    r"(?<=by )(?:one|a|two|three)[ -](?:third|quarter|fifth|tenth)s?|three[ -]quarters)\b",
    re.IGNORECASE,
)
_PART_OF_UNIT = re.compile(  # `half a percentage point`, `a quarter of a percent`
    r"\b(?:(?P<half>half)(?: of)?|(?:one|a)[ -](?P<part>third|quarter|fifth|tenth) of) an? "
    r"(?P<unit>percentage point|percent|per cent|point)\b",
    re.IGNORECASE,
)
_VAGUE = re.compile(
    r"\b(?:dozens?|hundreds|thousands|millions|billions|trillions|(?:a|several|many) (?:million|billion|trillion))\b",
    re.IGNORECASE,
)
_MONTH = "(?P<month>" + "|".join(f"{m[:3]}(?:{m[3:]})?\\.?" if m != "may" else "May" for m in _MONTHS) + ")"
_OF_YEAR = r"(?:,? (?P<year>[0-9]{4})\b)?"
_ISO = re.compile(
    r"\b(?P<year>[0-9]{4})-(?P<m>[0-9]{2})-(?P<day>[0-9]{2})(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2})?Z?)?(?![\w-])"
)
_MONTH_DAY = re.compile(rf"\b{_MONTH} (?P<day>[0-9]{{1,2}})(?:st|nd|rd|th)?\b{_OF_YEAR}", re.IGNORECASE)
_DAY_MONTH = re.compile(rf"\b(?P<day>[0-9]{{1,2}})(?:st|nd|rd|th)? (?:of )?{_MONTH}\b{_OF_YEAR}", re.IGNORECASE)
_MONTH_YEAR = re.compile(rf"\b{_MONTH},? (?P<year>[0-9]{{4}})\b", re.IGNORECASE)
_SLASHED = re.compile(r"\b(?P<m>[0-9]{1,2})/(?P<day>[0-9]{1,2})/(?P<year>[0-9]{4})\b")
_YEAR = re.compile(
    r"\b(?:in|since|of|by|from|until|through|during|early|late|year) (?P<year>(?:19|20)[0-9]{2})\b"
    r"(?![.,][0-9]|[ -]?(?:%|percent|points|USD|dollars))"
)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WEEKDAY = re.compile(rf"\b(?P<weekday>{'|'.join(WEEKDAYS)})\b", re.IGNORECASE)
_TIME = re.compile(r"\b[0-2]?[0-9]:[0-5][0-9](?::[0-5][0-9])?(?: (?:UTC|ET|EST|EDT|IST))?\b")


@dataclass(frozen=True, slots=True)
class Number:
    """
    A number as it stands in a sentence: `value` is unsigned and times `scale`, `tolerance` half its last digit.

    `unit`: percent, pp, bp, usd, points, percentile, times, ordinal or "" where the text gives none.
    """

    start: int
    end: int
    text: str
    value: float
    tolerance: float
    scale: float
    unit: str
    sign: str  # "+", "-" or "" where the text gives none
    spelled: bool = False


@dataclass(frozen=True, slots=True)
class NamedDay:
    """A date in a sentence; parts that the text leaves out are None."""

    start: int
    end: int
    text: str
    year: int | None
    month: int | None
    day: int | None
    weekday: int | None = None  # Monday is 0

    def fits(self, other: date) -> bool:
        """Whether `other` is this date, as far as the text says it."""
        pairs = (
            (self.year, other.year),
            (self.month, other.month),
            (self.day, other.day),
            (self.weekday, other.weekday()),
        )
        return all(mine is None or mine == theirs for mine, theirs in pairs)


@dataclass(frozen=True, slots=True)
class SentenceNumbers:
    """What a sentence holds: numbers and dates in order, and the pieces that could not be read."""

    numbers: tuple[Number, ...]
    days: tuple[NamedDay, ...]
    unreadable: tuple[str, ...]


def normalized(text: str) -> str:
    """The text with one kind of minus, space, quote and digit width; zero-width characters are taken out."""
    plain = unicodedata.normalize("NFKC", text)
    plain = "".join(c for c in plain if unicodedata.category(c) != "Cf")
    plain = re.sub(r"[\u2010-\u2012\u2212]", "-", plain)
    plain = re.sub(r"(?<=[0-9%])\s*[\u2013\u2014]\s*(?=[0-9$])", "-", plain)
    plain = re.sub(r"\s*[\u2013\u2014]\s*", ", ", plain)
    return re.sub(r"\s+", " ", plain.replace("\u2019", "'")).strip()


def read(sentence: str, masked: Iterable[tuple[int, int]] = ()) -> SentenceNumbers:
    """Read a normalized sentence; `masked` are spans that are names, such as `S&P 500`."""
    left = sentence
    for start, end in masked:
        left = left[:start] + FILLER * (end - start) + left[end:]
    days, left = _days(left)
    numbers: list[Number] = []
    for pattern, make in (
        (_PART_OF_UNIT, _from_part),
        (_NUMBER, _from_digits),
        (_FRACTION, _from_fraction),
        (_SPELLED, _from_words),
    ):
        for match in pattern.finditer(left):
            number = make(match)
            if number is not None:
                numbers.append(number)
                left = left[: match.start()] + FILLER * len(match[0]) + left[match.end() :]
    rest = [m[0] for m in _VAGUE.finditer(left)]
    rest += [m[0] for m in re.finditer(r"\S*\d\S*", left)]
    rest += [c for c in left if c.isnumeric() and not c.isdigit()]
    return SentenceNumbers(tuple(sorted(numbers, key=lambda n: n.start)), tuple(days), tuple(rest))


def _days(text: str) -> tuple[list[NamedDay], str]:
    days: list[NamedDay] = []
    for pattern in (_ISO, _SLASHED, _MONTH_DAY, _DAY_MONTH, _MONTH_YEAR, _YEAR, _TIME):
        for match in pattern.finditer(text):
            parts = match.groupdict()
            month = parts.get("month")
            number = [m[:3] for m in _MONTHS].index(month.lower()[:3]) + 1 if month else _int(parts.get("m"))
            if pattern is not _TIME:
                days.append(
                    NamedDay(
                        match.start(), match.end(), match[0], _int(parts.get("year")), number, _int(parts.get("day"))
                    )
                )
            text = text[: match.start()] + FILLER * len(match[0]) + text[match.end() :]
    for match in _WEEKDAY.finditer(text):
        weekday = WEEKDAYS.index(match["weekday"].lower())
        beside = next((day for day in days if re.fullmatch(r",? (?:the )?", text[match.end() : day.start])), None)
        if beside:
            days[days.index(beside)] = replace(beside, weekday=weekday)
        else:
            days.append(NamedDay(match.start(), match.end(), match[0], None, None, None, weekday))
    return sorted(days, key=lambda d: d.start), text


def _from_digits(match: re.Match[str]) -> Number:
    digits = match["digits"].replace(",", "")
    _, _, decimals = digits.partition(".")
    scale = SCALES[match["scale"].lower()] if match["scale"] else 1.0
    sign = "-" if match["minus"] else match["sign2"] or match["sign"] or ""
    return Number(
        match.start(), match.end(), match[0].strip(), float(digits) * scale, 0.5 * 10.0 ** -len(decimals) * scale,
        scale, _unit(match, match["currency"]), sign,
    )  # fmt: skip


def _from_words(match: re.Match[str]) -> Number | None:
    words = re.split(r"[ -]", match["words"].lower())
    value, part = 0, 0
    for word in words:
        if word == "hundred":
            part = max(part, 1) * 100
        else:
            part += SMALL.get(word, TENS.get(word, 0))
    value += part
    if words == ["one"] and not (match["unit"] or match["scale"]):
        return None  # the pronoun
    scale = SCALES[match["scale"].lower()] if match["scale"] else 1.0
    return Number(
        match.start(), match.end(), match[0].strip(), value * scale, 0.5 * scale, scale, _unit(match, None),
        "-" if match["minus"] else "", spelled=True,
    )  # fmt: skip


def _from_fraction(match: re.Match[str]) -> Number:
    words = match["words"].lower()
    value = FRACTIONS.get(words)
    if value is None:
        count, name = re.split(r"[ -]", words)
        value = SMALL.get(count, 1) / PARTS[name.removesuffix("s")]
    return Number(match.start(), match.end(), match[0], value, 0.05, 1.0, "times", "", spelled=True)


def _from_part(match: re.Match[str]) -> Number:
    value = 0.5 if match["half"] else 1 / PARTS[match["part"].lower()]
    return Number(
        match.start(), match.end(), match[0], value, 0.05 if match["half"] else 0.025, 1.0, _unit(match, None), "",
        spelled=True,
    )  # fmt: skip


def _unit(match: re.Match[str], currency: str | None) -> str:
    unit = (match["unit"] or "").lower().replace("-", " ")
    if unit in ("%", "percent", "per cent", "pct"):
        return "percent" if not currency else "percent of usd"
    if unit.startswith("percentage") or unit == "pp":
        return "pp"
    if unit.startswith(("basis", "bp")):
        return "bp"
    if "percentile" in unit:
        return "percentile"
    if unit in ("st", "nd", "rd", "th"):
        return "ordinal"
    if unit in ("x", "times"):
        return "times"
    if unit.startswith("point"):
        return "points" if not currency else "points of usd"
    return "usd" if currency or unit else ""


def _int(text: str | None) -> int | None:
    return int(text) if text else None
