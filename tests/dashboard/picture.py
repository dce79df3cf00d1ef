"""The pictures of the page in the README, from a demo's site: `make picture`."""

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.dashboard.browsing import CHROMIUM, FLAGS, charts_drawn, served

FOLDER = Path(__file__).parent.parent.parent / ".github"
# name, theme, width, height: what one looks at first; and the same on a phone at night
PICTURES = (("page.png", "light", 1440, 2060, ""), ("phone.png", "dark", 390, 1560, ""))


def take(site: Path, folder: Path) -> None:
    """Draw the top of a site's page as PNG, once for each of `PICTURES`."""
    with served(site) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS.split())
        for name, theme, width, height, hash_ in PICTURES:
            page = browser.new_page(viewport={"width": width, "height": height})
            page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]  # a str is wide for its literal
            page.goto(f"{address}/{hash_}")
            charts_drawn(page)
            page.screenshot(path=folder / name, clip={"x": 0, "y": 0, "width": width, "height": height})
        browser.close()


if __name__ == "__main__":
    take(Path(sys.argv[1]), FOLDER)
