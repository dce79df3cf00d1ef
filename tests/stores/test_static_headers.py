"""How the static server reads what a browser says of encodings and tags."""

import json

import pytest

from etl.stores.static_server import accepts_gzip, has_tag

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
