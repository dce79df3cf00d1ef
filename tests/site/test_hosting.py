"""What hosts are told: the same headers everywhere, and the page's own policy."""

import re
from pathlib import Path

from etl.site.feeds.hosting import PAGE_POLICY, SECURITY_HEADERS, addressed, hosting_files
from tests.site.made import asked, known, marts

PAGE = Path(__file__).parents[2] / "dashboard" / "index.html"


def test_the_page_carries_the_headers_policy_without_frame_ancestors() -> None:
    """A <meta> cannot set frame-ancestors; all else is the same, or a host without headers would serve another page."""
    meta = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', PAGE.read_text())
    assert meta is not None
    assert meta[1] == PAGE_POLICY
    assert SECURITY_HEADERS["Content-Security-Policy"] == f"{meta[1]}; frame-ancestors 'none'"


def test_the_policy_allows_no_inline_code_and_no_other_origin() -> None:
    """The page needs neither, so neither is allowed."""
    assert "default-src 'none'" in PAGE_POLICY
    for word in ("unsafe-inline", "unsafe-eval", "http:", "https:", "*"):
        assert word not in PAGE_POLICY


def test_the_headers_file_holds_every_security_header_for_every_path() -> None:
    """`_headers` as Netlify and Cloudflare read it: a path, then indented headers."""
    lines = hosting_files(public=False)["_headers"].decode().splitlines()
    assert lines[0] == "/*"
    assert {line.strip() for line in lines[1:]} >= {f"{name}: {value}" for name, value in SECURITY_HEADERS.items()}
    assert all(line.startswith("  ") for line in lines[1:])


def test_only_a_public_folder_invites_search_engines() -> None:
    """A private one holds rows that may not be published again."""
    assert hosting_files(public=False)["robots.txt"] == b"User-agent: *\nDisallow: /\n"
    assert hosting_files(public=True)["robots.txt"] == b"User-agent: *\nAllow: /\n"


def test_the_page_names_its_own_address_where_it_is_set() -> None:
    """Link previews take whole addresses only; without the setting the page's sources stay byte for byte."""
    answers = asked(marts())
    sources = {"index.html": PAGE.read_bytes(), "app.js": b"x"}
    assert addressed(sources, known(answers)) == sources
    page = addressed(sources, known(answers, base_url="https://example.org/flows"))["index.html"].decode()
    assert page.count('<meta property="og:image" content="https://example.org/flows/og-image.png">') == 1
    assert page.count('<meta property="og:url" content="https://example.org/flows/">') == 1
    assert page.count('<link rel="canonical" href="https://example.org/flows/">') == 1
    assert 'content="og-image.png"' not in page
