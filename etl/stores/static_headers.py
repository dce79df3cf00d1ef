"""What the static server reads of a request's headers: encodings, tags, ranges."""

import re

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def accepts_gzip(header: str) -> bool:
    """Whether an Accept-Encoding header allows gzip; `gzip;q=0` does not."""
    for one in header.lower().split(","):
        name, _, weight = one.partition(";")
        if name.strip() in ("gzip", "x-gzip"):
            return weight.strip().removeprefix("q=").strip(" 0.") != "" if weight.strip() else True
    return False


def has_tag(header: str, tag: str) -> bool:
    """Whether an If-None-Match header names the tag; weak and strong tags compare alike there (RFC 9110, 13.1.2)."""
    return any(one.strip().removeprefix("W/") in (tag, "*") for one in header.split(","))


def wanted_range(header: str, size: int) -> range | None:
    """
    The bytes of a body that a Range header asks for: None is the whole, an empty range that the body has none of them.

    One range of bytes is known. Anything else, several ranges too, may be answered with the whole (RFC 9110, 14.2).

    >>> wanted_range("bytes=2-3", 10), wanted_range("bytes=-3", 10), wanted_range("bytes=0-1,5-6", 10)
    (range(2, 4), range(7, 10), None)
    """
    found = _RANGE.fullmatch(header.strip())
    if found is None or found[0] == "bytes=-" or size == 0:
        return None
    first, last = found[1], found[2]
    if not first:
        return range(max(0, size - int(last)), size)
    if last and int(last) < int(first):
        return None
    return range(min(int(first), size), min(int(last) + 1 if last else size, size))
