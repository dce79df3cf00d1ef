"""The picture of the page in the README, from a demo's site: `make picture`."""

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.dashboard.browsing import CHROMIUM, FLAGS, served

PICTURE = Path(__file__).parent.parent.parent / ".github" / "page.png"
WIDTH, HEIGHT = 1440, 2060  # down to the price panel: what one looks at first


def take(site: Path, picture: Path) -> None:
    """Draw the top of a site's page, in the light theme, as a PNG."""
    with served(site) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS.split())
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        page.goto(f"{address}/")
        page.locator("svg.marks").first.wait_for()
        page.screenshot(path=picture, clip={"x": 0, "y": 0, "width": WIDTH, "height": HEIGHT})
        browser.close()


if __name__ == "__main__":
    take(Path(sys.argv[1]), PICTURE)
