"""How two site folders differ, in words: which files, in a JSON file the first place, in a text the first line."""

import json
from collections.abc import Mapping
from typing import Any

_TEXTS = (".css", ".html", ".js", ".md", ".svg", ".txt", ".xml", "_headers")


def differences(there: Mapping[str, bytes], wanted: Mapping[str, bytes]) -> tuple[str, ...]:
    """One line for each file that is missing, of another content, or should not be there; () where all are the same."""
    lines = []
    for path in sorted({*there, *wanted}):
        if path not in there:
            lines.append(f"{path}: missing in the folder")
        elif path not in wanted:
            lines.append(f"{path}: in the folder, but not of this warehouse")
        elif there[path] != wanted[path]:
            lines.append(f"{path}: {_first_difference(path, there[path], wanted[path])}")
    return tuple(lines)


def _first_difference(path: str, there: bytes, wanted: bytes) -> str:
    sizes = f"{len(there)} bytes in the folder, {len(wanted)} from the warehouse"
    if path.endswith(_TEXTS):
        return _line(there, wanted) or sizes
    if not path.endswith(".json"):
        return sizes
    try:
        old, new = json.loads(there), json.loads(wanted)
    except ValueError:
        return f"not JSON, {sizes}"
    place = _place(old, new, "$")
    return place or f"equal as JSON, other bytes: {sizes}"


def _line(there: bytes, wanted: bytes) -> str | None:
    """The first line that differs; None where one text only goes on after the other's end."""
    lines = zip(there.decode(errors="replace").splitlines(), wanted.decode(errors="replace").splitlines(), strict=False)
    for number, (old, new) in enumerate(lines, 1):
        if old != new:
            return f"line {number} is {_short(old)} in the folder, {_short(new)} from the warehouse"
    return None


def _place(old: Any, new: Any, at: str) -> str | None:
    if isinstance(old, dict) and isinstance(new, dict):
        if old.keys() != new.keys():
            gone, came = sorted(old.keys() - new.keys()), sorted(new.keys() - old.keys())
            return f"{at} has other keys: {gone or 'none'} only in the folder, {came or 'none'} only from the warehouse"
        places = (_place(old[key], new[key], f"{at}.{key}") for key in sorted(old))
        return next((place for place in places if place), None)
    if isinstance(old, list) and isinstance(new, list):
        places = (_place(one, other, f"{at}[{i}]") for i, (one, other) in enumerate(zip(old, new, strict=False)))
        first = next((place for place in places if place), None)
        lengths = f"{at} has {len(old)} items in the folder, {len(new)} from the warehouse"
        return first or (lengths if len(old) != len(new) else None)
    if type(old) is type(new) and old == new:
        return None
    return f"{at} is {_short(old)} in the folder, {_short(new)} from the warehouse"


def _short(value: Any) -> str:
    said = json.dumps(value, ensure_ascii=False)
    return said if len(said) <= 60 else f"{said[:57]}..."
