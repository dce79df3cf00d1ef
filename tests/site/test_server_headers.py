"""How the static server reads what a browser says of encodings and tags."""

import json

import pytest

from etl.site.publish.server import accepts_gzip, has_tag, wanted_range

LONG = json.dumps({"rows": list(range(500))}).encode()


@pytest.mark.parametrize(
    ("header", "accepted"),
    [("gzip", True), ("GZIP", True), ("br, gzip;q=0.001", True), ("gzip;q=1.0", True), ("gzip;q=0", False),
     ("gzip; q=0.0", False), ("", False), ("identity", False), ("br", False)],
)  # fmt: skip
def test_gzip_is_sent_to_those_who_take_it(header: str, accepted: bool) -> None:
    """A weight of zero is a no."""
    assert accepts_gzip(header) is accepted


def test_an_empty_if_none_match_names_no_tag() -> None:
    """Neither does a part of one."""
    assert not has_tag("", '"abc"')
    assert not has_tag('"ab"', '"abc"')


@pytest.mark.parametrize(
    ("header", "wanted"),
    [("bytes=0-0", range(1)), ("bytes=2-3", range(2, 4)), ("bytes=7-", range(7, 10)), ("bytes=-3", range(7, 10)),
     ("bytes=-30", range(10)), ("bytes=8-99", range(8, 10)), ("bytes=10-", range(10, 10)), ("bytes=-0", range(10, 10)),
     ("bytes=3-2", None), ("bytes=-", None), ("bytes=0-1,5-6", None), ("chunks=0-1", None), ("", None),
     ("bytes=a-b", None), ("bytes=-1-2", None)],
)  # fmt: skip
def test_one_range_of_bytes_is_known_and_the_rest_is_the_whole(header: str, wanted: range | None) -> None:
    """Of ten bytes; beyond the end there are none, which is not the same as the whole."""
    assert wanted_range(header, 10) == wanted
