"""The page in one file: modules as one script, the policy by hashes, data that end no element."""

import base64
import hashlib
import json
import re
from functools import cache

import pytest

from etl.errors import DataWrong
from etl.site.publish.folder import MARK, bundled, one_file, page_files
from tests.site.made import ROOT

HOSTILE = '</script><script>hacked()</script><!-- \u2028 &amp; "quoted"'
DATA = {"data/macro.json": json.dumps({"title": HOSTILE}).encode(), "data/metrics/SPY.json": b"{}", "digest.md": b"x"}


@cache
def made() -> str:
    """The real page with a library of one line and hostile data."""
    return one_file({**page_files(ROOT / "dashboard"), **DATA, "vega.js": b"window.vega = null;"}).decode()


def test_the_policy_names_the_hash_of_every_script_and_of_the_style() -> None:
    """And nothing else may run: no host, no `self`, no inline code that is not this."""
    policy = re.search(r'Security-Policy" content="([^"]+)"', made())
    assert policy is not None
    inside = [
        *re.findall(r'<script(?: type="module")?>(.*?)</script>', made(), re.DOTALL),
        *re.findall(r"<style>(.*?)</style>", made(), re.DOTALL),
    ]
    wanted = {f"'sha256-{base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()}'" for code in inside}
    assert len(wanted) == 4
    assert set(re.findall(r"'sha256-[^']+'", policy[1])) == wanted
    assert policy[1].startswith("default-src 'none'; ")
    assert not re.search(r"unsafe|'self'|https?:|connect-src|\*", policy[1])


def test_nothing_is_read_from_beside_the_file() -> None:
    """Every address is a place in the page or data inside it."""
    markup = re.sub(r"<(script|style)\b.*?</\1>", "", made(), flags=re.DOTALL)
    addresses = re.findall(r'(?:src|href)="([^"]+)"', markup)
    assert addresses
    assert [one for one in addresses if not one.startswith(("#", "data:"))] == []
    assert MARK in made()[:4096]


def test_data_end_no_element_and_come_back_as_they_were() -> None:
    """`</script>` in a title is text; what the page never reads stays out."""
    block = re.search(r'<script type="application/json" id="files">(.*?)</script>', made(), re.DOTALL)
    assert block is not None
    assert "<" not in block[1]
    kept = json.loads(block[1])
    assert kept["data/macro.json"] == {"title": HOSTILE}
    assert "specs/price.json" in kept
    assert not {"data/metrics/SPY.json", "digest.md"} & set(kept)


def test_modules_stand_after_those_that_they_need() -> None:
    """Names, renamed names, whole modules and lists of exports; each module once."""
    text = {
        "app.js": 'import { one, two as second } from "./parts/a.js";\nimport * as b from "./b.js";\nuse(one, b);',
        "parts/a.js": 'import { three } from "../b.js";\nexport const one = three;\nfunction two() {}\nexport { two };',
        "b.js": "export async function three() {}\nexport class Four {}",
    }
    code = bundled(text, "app.js")
    assert re.findall(r'^modules\["(.+?)"\]', code, re.MULTILINE) == ["b.js", "parts/a.js", "app.js"]
    assert 'const { one, two: second } = modules["parts/a.js"];' in code
    assert 'const b = modules["b.js"];' in code
    assert "return { three, Four };" in code
    assert "return { one, two };" in code


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ({"app.js": 'import { a } from "./a.js";', "a.js": 'import { b } from "./app.js";'}, "in a circle: app.js"),
        ({"app.js": 'import { a } from "./gone.js";'}, "gone.js is missing"),
        ({"app.js": "export default 1;"}, "is of no form"),
        ({"app.js": 'import "./a.js";'}, "is of no form"),
    ],
)
def test_modules_of_a_form_that_is_not_known_stop_the_export(text: dict[str, str], said: str) -> None:
    """Rather than a page that does nothing."""
    with pytest.raises(DataWrong, match=re.escape(said)):
        bundled(text, "app.js")


def test_a_library_that_would_end_its_script_is_refused() -> None:
    """A later bundle may hold what ends an element; then nothing is written."""
    with pytest.raises(DataWrong, match=r"vega\.js cannot stand inside a page"):
        one_file({**page_files(ROOT / "dashboard"), "vega.js": b'x = "</script>";'})
