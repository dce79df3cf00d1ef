"""
The browser and the made-up site of the page's tests.

`open_page` fails a test on any console error, content-security-policy violation or request to another host: what a
test expects of these it names in `allowed`.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, sync_playwright

from tests.dashboard.browsing import CHROMIUM, FLAGS, FRESH, WATCH, served
from tests.dashboard.sample_site import build


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
    """Opens a page: `open_page(address, hash_="", now=FRESH, width=1440, routes={})`, and what is below."""
    opened: list[tuple[Any, list[str], tuple[str, ...]]] = []

    def open_(
        address: str,
        hash_: str = "",
        now: str = FRESH,
        width: int = 1440,
        theme: str = "light",
        allowed: tuple[str, ...] = (),
        ready: bool = True,
        routes: Mapping[str, Callable[[Route], Any]] | None = None,
        **options: Any,
    ) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme, **options)  # type: ignore[arg-type]  # a str is wide for its literal
        context.add_init_script(WATCH)
        page = context.new_page()
        wrong: list[str] = []
        opened.append((context, wrong, allowed))
        page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(f"uncaught: {error}"))
        page.on(
            "request",
            lambda request: (
                wrong.append(f"off-site: {request.url}") if not request.url.startswith((address, "data:")) else None
            ),
        )
        for pattern, answer in (routes or {}).items():
            page.route(pattern, answer)
        page.goto(f"{address}/index.html?now={now}{hash_}")
        if ready:
            page.locator("html[data-ready]").wait_for()
        return page

    yield open_
    for context, wrong, allowed in opened:
        context.close()
        unexpected = [text for text in wrong if not any(part in text for part in allowed)]
        assert unexpected == []
