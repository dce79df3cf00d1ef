"""The reader of replies and kept documents: what is JSON everywhere, and nothing else."""

import pytest

from etl.runtime.strict_json import read_json, without_surrogates

REFUSED = {
    '{"a": NaN}': "not finite",
    '{"a": [-Infinity]}': "not finite",
    '{"a": 1e999}': "not finite",
    '{"a": 1, "a": 2}': "same key twice",
    '{"a": [{"b": 1, "b": 1}]}': "same key twice",
    '{"a": "\\ud83d"}': "lone surrogate",
    '{"\\udc00": 1}': "lone surrogate",
    '{"a": "\ud83d"}': "lone surrogate",
    '{"a": 1} and more': "not JSON",
    "": "not JSON",
    '{"a":' * 100_000: "not JSON|nested too deep",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_other_readers_would_refuse_is_refused_with_its_reason(text: str) -> None:
    """NaN, infinities, numbers beyond every float, keys that come twice, text that UTF-8 cannot carry."""
    with pytest.raises(ValueError, match=REFUSED[text]):
        read_json(text)


def test_bytes_that_are_no_utf_8_are_refused() -> None:
    """Python's own reader lets an encoded surrogate pass."""
    with pytest.raises(ValueError, match="not JSON"):
        read_json(b'{"a": "\xed\xa0\xbd"}')


def test_plain_json_is_read_as_it_stands() -> None:
    """A whole surrogate pair is a character like any other."""
    assert read_json('{"a": [1, 2.5, null, true, "\\ud83d\\ude00"]}') == {"a": [1, 2.5, None, True, "\U0001f600"]}


def test_of_kept_documents_numbers_that_are_not_finite_are_unknown() -> None:
    """None, and all else stays; the other refusals stay refusals."""
    assert read_json('{"a": NaN, "b": [1e999, -Infinity, 0.5]}', non_finite_as_null=True) == {
        "a": None,
        "b": [None, None, 0.5],
    }
    with pytest.raises(ValueError, match="same key twice"):
        read_json('{"a": NaN, "a": 1}', non_finite_as_null=True)


def test_half_of_a_character_is_shown_as_one_that_is_missing() -> None:
    """The text can be encoded then."""
    assert without_surrogates("a\ud83db") == "a\ufffdb"
    assert without_surrogates("a\U0001f600b") == "a\U0001f600b"
