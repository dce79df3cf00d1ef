"""
Numbers, dates and instants as words, for what is read outside the page: the feed, the digest, the pictures.

The same rules as dashboard/format.js: a real minus, signs on changes and pressure only, a dash for what is not known.
"""

import math
import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

NONE = "\u2013"
MINUS = "\u2212"
_THIN = "\u202f"  # narrow no-break space before a per cent sign
_SCALES = ((1e12, "tn"), (1e9, "bn"), (1e6, "m"), (1e3, "k"))
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")  # of no locale
# What XML 1.0 cannot hold, and marks that turn the direction of their neighbours around.
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_Number = float | int | None


def plain(text: object) -> str:
    """
    Words from outside on one line: no control characters, no marks that turn text around; "" for None.

    >>> plain("up\\n 2\u202e %")
    'up 2 %'
    """
    return "" if text is None else " ".join(_UNSEEN.sub("", str(text)).split())


def number(value: _Number, decimals: int = 2, signed: bool = False) -> str:
    """
    A number to so many decimals; `signed` is for changes and pressure only.

    >>> number(1234.5, signed=True), number(-0.001)
    ('+1,234.50', '0.00')
    """
    if value is None:
        return NONE
    magnitude = f"{abs(value):,.{decimals}f}"
    if not re.search("[1-9]", magnitude):
        return magnitude
    return f"{MINUS if value < 0 else '+' if signed else ''}{magnitude}"


def percent(value: _Number, decimals: int = 2, signed: bool = False) -> str:
    """
    Per cent as they are, not a share.

    >>> percent(1.5, signed=True)
    '+1.50\\u202f%'
    """
    return NONE if value is None else f"{number(value, decimals, signed)}{_THIN}%"


def usd(value: _Number, signed: bool = False) -> str:
    """
    Dollars to three figures.

    >>> usd(1323566940.0, signed=True), usd(12.3)
    ('+$1.32 bn', '$12')
    """
    if value is None:
        return NONE
    # 999.6 m would round to 1,000 m: such a value belongs to the next unit
    scale, name = next((one for one in _SCALES if abs(value) >= one[0] * 0.9995), (1.0, ""))
    part = abs(value) / scale
    decimals = 2 if part < 9.995 else 1 if part < 99.95 and name else 0
    told = f"${part:,.{decimals}f}{' ' if name else ''}{name}"
    return f"{MINUS if value < 0 else '+' if signed else ''}{told}" if re.search("[1-9]", told) else told


def price(value: _Number) -> str:
    """A price: two decimals, more below one."""
    small = value is not None and 0 < abs(value) < 1
    return number(value, min(8, 3 - math.floor(math.log10(abs(value)))) if small and value else 2)


def day(text: str | None) -> str:
    """
    An ISO date.

    >>> day("2026-11-20")
    '20 Nov 2026'
    """
    if not text:
        return NONE
    when = date.fromisoformat(text[:10])
    return f"{when.day} {_MONTHS[when.month - 1]} {when.year}"


def instant(text: str | None, zone: str) -> str:
    """
    An ISO instant in a zone, which is named.

    >>> instant("2026-11-20T11:32:00Z", "Asia/Kolkata")
    '20 Nov 2026, 17:02 IST'
    """
    if not text:
        return NONE
    when = datetime.fromisoformat(text).astimezone(ZoneInfo(zone))
    return f"{day(when.date().isoformat())}, {when.hour:02}:{when.minute:02} {when.tzname()}"


def capital(text: str | None) -> str:
    """
    A word of the marts as people write it.

    >>> capital("BULLISH")
    'Bullish'
    """
    return text.capitalize() if text else NONE
