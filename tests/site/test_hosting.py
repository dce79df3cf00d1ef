"""What hosts are told: the same headers everywhere, and the page's own policy."""

import re
from pathlib import Path

from etl.site.hosting import PAGE_POLICY, SECURITY_HEADERS, hosting_files

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
