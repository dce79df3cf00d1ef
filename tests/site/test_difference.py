"""Two folders compared, in words."""

from etl.site.publish.export import differences


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
        "picture.png": b"old",
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
        "picture.png": b"newer",
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
        'page.js: line 1 is "old" in the folder, "newer" from the warehouse',
        "picture.png: 3 bytes in the folder, 5 from the warehouse",
        "spaces.json: equal as JSON, other bytes: 8 bytes in the folder, 7 from the warehouse",
        "torn.json: not JSON, 5 bytes in the folder, 7 from the warehouse",
        "types.json: $.a is 1 in the folder, true from the warehouse",
        "value.json: $.m[1].rsi is 55.1 in the folder, null from the warehouse",
    )


def test_a_text_names_its_first_line_that_differs() -> None:
    """Feed, digest and page: the line as it is and as it would be; what only goes on is told by its size."""
    there, wanted = b"<feed>\n<title>old</title>\n</feed>\n", b"<feed>\n<title>new</title>\n</feed>\n"
    said = differences({"feed.xml": there, "digest.md": b"a\n"}, {"feed.xml": wanted, "digest.md": b"a\nb\n"})
    assert said == (
        "digest.md: 2 bytes in the folder, 4 from the warehouse",
        'feed.xml: line 2 is "<title>old</title>" in the folder, "<title>new</title>" from the warehouse',
    )
