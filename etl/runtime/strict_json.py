"""
JSON as every reader understands it: what replies of a model and kept documents are read with.

Python's own reader takes more: NaN and Infinity, numbers beyond every float, the same key twice, half of a surrogate
pair. None of these can be written, compared or published again, so they are refused where they come in.
"""

import json
import math
import re

_SURROGATE = re.compile("[\ud800-\udfff]")


def read_json(text: str | bytes, *, non_finite_as_null: bool = False) -> object:
    """
    The value of a JSON text; with `non_finite_as_null`, NaN and infinities in it are None in place of a refusal.

    Raises:
        ValueError: it is not such JSON; the message says why and repeats nothing of the text.
    """

    def number(word: str) -> float | None:
        value = float(word)
        if math.isfinite(value):
            return value
        if non_finite_as_null:
            return None
        raise ValueError("it holds a number that is not finite (NaN or Infinity)")

    try:
        decoded = text.decode() if isinstance(text, bytes) else text
        value: object = json.loads(decoded, parse_float=number, parse_constant=number, object_pairs_hook=_object)
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise ValueError("it is not JSON") from None
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    if _SURROGATE.search(json.dumps(value, ensure_ascii=False)):
        raise ValueError("it holds half of a character (a lone surrogate), which UTF-8 cannot carry")
    return value


def without_surrogates(text: str) -> str:
    """The text with U+FFFD in place of each lone surrogate: it can be encoded, and shows that something was there."""
    return _SURROGATE.sub("\ufffd", text)


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("it holds the same key twice in one object")
    return found
