"""
The browser, the made-up site and the server of the page's tests.

`open_page` fails a test on any console error, content-security-policy violation or request to another host: what a
test expects of these it names in `allowed`.
"""

import functools
import http.server
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parent))

from sample_site import Change, build

CHROMIUM = "/usr/bin/chromium"
FLAGS = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync"
FRESH = "2026-11-20T11:40:00Z"  # eight minutes after the sample's as-of

# Runs before the page's own scripts: tells violations apart from other console errors, and adds up layout shifts.
WATCH = """
document.addEventListener('securitypolicyviolation', (e) => console.error('CSP: ' + e.violatedDirective + ' ' + e.blockedURI));
window.layoutShift = 0;
new PerformanceObserver((list) => { for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.layoutShift += entry.value; })
  .observe({ type: 'layout-shift', buffered: true });
"""


class _Quiet(http.server.SimpleHTTPRequestHandler):
    extensions_map = {".js": "text/javascript", ".css": "text/css", ".json": "application/json", ".html": "text/html", ".svg": "image/svg+xml"}

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing: pytest's output is for the tests."""


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that closes drops its kept connections; that is no error here."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serves a folder on a free port of loopback; yields its address."""
    server = _Server(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests; a machine without it skips them, but CI fails."""
    if not Path(CHROMIUM).exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{CHROMIUM} is missing, and CI must run the page's tests")
        pytest.skip(f"{CHROMIUM} is missing: the page's tests need a browser")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS.split())
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the usual sample site."""
    with served(build(tmp_path_factory.mktemp("site"))) as address:
        yield address


@pytest.fixture
def changed_site(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Makes the address of a site that differs: `changed_site(change, demo=...)`."""
    with ExitStack() as stack:
        yield lambda change=None, demo=False: stack.enter_context(served(build(tmp_path / "site", change, demo)))


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a page: `open_page(address, hash_="", now=FRESH, width=1440, theme="light", allowed=(), ready=True)`."""
    opened: list[tuple[Any, list[str], tuple[str, ...]]] = []

    def open_(address: str, hash_: str = "", now: str = FRESH, width: int = 1440, theme: str = "light", allowed: tuple[str, ...] = (), ready: bool = True, **options: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme, **options)  # type: ignore[arg-type]
        context.add_init_script(WATCH)
        page = context.new_page()
        wrong: list[str] = []
        opened.append((context, wrong, allowed))
        page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(f"uncaught: {error}"))
        page.on("request", lambda request: wrong.append(f"off-site: {request.url}") if not request.url.startswith((address, "data:")) else None)
        page.goto(f"{address}/index.html?now={now}{hash_}")
        if ready:
            page.locator("html[data-ready]").wait_for()
        return page

    yield open_
    for context, wrong, allowed in opened:
        context.close()
        unexpected = [text for text in wrong if not any(part in text for part in allowed)]
        assert unexpected == []


def charts_drawn(page: Page) -> None:
    """Waits until every chart of the page stands."""
    page.locator(".chart").first.wait_for()
    page.locator(".chart:not([data-drawn])").first.wait_for(state="detached")
