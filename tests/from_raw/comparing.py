"""A published document beside its recomputation: every place where they differ, named by file and figure."""

import math
from collections.abc import Iterator
from typing import Any

import pandas as pd

RELATIVE = 1e-9  # an artifact keeps ten significant digits: half a unit of the tenth is at most 5e-10
MOST_SHOWN = 12


def plain(value: Any) -> Any:
    """A recomputed value as JSON has it: NaN is null, a day is its date, an instant is UTC with a Z."""
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if value is None or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, pd.Timestamp):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    return value.item() if hasattr(value, "item") else value


def differences(published: Any, wanted: Any, at: str, slack: float = 0.0) -> Iterator[str]:
    """
    One line for each figure that differs; both sides must have the same keys and lengths.

    `slack` is absolute, for figures that are a small difference of large ones.
    """
    if isinstance(wanted, dict) and isinstance(published, dict):
        if wanted.keys() != published.keys():
            yield f"{at}: keys {sorted(published.keys() ^ wanted.keys())} stand on one side only"
        for key in wanted.keys() & published.keys():
            yield from differences(published[key], wanted[key], f"{at}.{key}", slack)
    elif isinstance(wanted, list) and isinstance(published, list):
        if len(wanted) != len(published):
            yield f"{at}: {len(published)} published, {len(wanted)} recomputed"
        for place, (one, other) in enumerate(zip(published, wanted, strict=False)):
            yield from differences(one, other, f"{at}[{place}]", slack)
    elif not _same(published, wanted, slack):
        yield f"{at}: published {published!r}, recomputed {wanted!r}"


def _same(published: Any, wanted: Any, slack: float) -> bool:
    numbers = all(isinstance(one, int | float) and not isinstance(one, bool) for one in (published, wanted))
    if numbers:
        return math.isclose(published, wanted, rel_tol=RELATIVE, abs_tol=slack)
    return type(published) is type(wanted) and published == wanted


def assert_same(published: Any, wanted: Any, file: str, slack: float = 0.0) -> None:
    """Fail with the file and the first figures that differ."""
    found = sorted(differences(published, plain(wanted), file, slack))
    assert not found, f"{len(found)} figures differ:\n" + "\n".join(found[:MOST_SHOWN])


def taken(document: dict[str, Any], *names: str) -> dict[str, Any]:
    """The named entries of a document."""
    return {name: document[name] for name in names}


def records(frame: pd.DataFrame, key: str, form: str = "%Y-%m-%d") -> list[dict[str, Any]]:
    """The rows of a frame as JSON objects, with its index as text under `key`."""
    dates = pd.DatetimeIndex(frame.index).strftime(form)
    rows = frame.to_dict("records")
    return [{key: date, **{str(name): one for name, one in row.items()}} for date, row in zip(dates, rows, strict=True)]
