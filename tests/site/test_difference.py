"""Two folders compared, in words."""

from etl.site.difference import differences


def test_equal_folders_differ_in_nothing() -> None:
    """The same bytes under the same paths."""
    assert differences({"a.json": b"{}"}, {"a.json": b"{}"}) == ()


def test_each_file_that_differs_has_one_line_with_the_first_place() -> None:
    """Missing, unexpected, changed, of another length, of other keys, not JSON, other bytes of equal JSON."""
    there = {
        "extra.txt": b"x",
        "keys.json": b'{"a":1}',
        "length.json": b'{"a":[1]}',
        "page.js": b"old",
        "spaces.json": b'{"a": 1}',
        "torn.json": b'{"a":',
        "types.json": b'{"a":1}',
        "value.json": b'{"m":[{"rsi":55.1},{"rsi":55.1}],"z":1}',
    }
    wanted = {
        "keys.json": b'{"b":1}',
        "length.json": b'{"a":[1,2]}',
        "missing.json": b"{}",
        "page.js": b"newer",
        "spaces.json": b'{"a":1}',
        "torn.json": b'{"a":1}',
        "types.json": b'{"a":true}',
        "value.json": b'{"m":[{"rsi":55.1},{"rsi":null}],"z":2}',
    }
    assert differences(there, wanted) == (
        "extra.txt: in the folder, but not of this warehouse",
        "keys.json: $ has other keys: ['a'] only in the folder, ['b'] only from the warehouse",
        "length.json: $.a has 1 items in the folder, 2 from the warehouse",
        "missing.json: missing in the folder",
        "page.js: 3 bytes in the folder, 5 from the warehouse",
        "spaces.json: equal as JSON, other bytes: 8 bytes in the folder, 7 from the warehouse",
        "torn.json: not JSON, 5 bytes in the folder, 7 from the warehouse",
        "types.json: $.a is 1 in the folder, true from the warehouse",
        "value.json: $.m[1].rsi is 55.1 in the folder, null from the warehouse",
    )
