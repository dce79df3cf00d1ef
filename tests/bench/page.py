"""
The page of a demo run on loopback: its weight over the wire, first paint, when all panels stand, and requests a second.

    .venv/bin/python -m tests.bench.page [SITE]

Without a site one is made by `mfo run-daily --demo` in a folder of its own.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from tests.bench.load import Load, load
from tests.conftest import MFO
from tests.dashboard.browsing import CHROMIUM, FLAGS, charts_drawn

ROUNDS, RATE, SECONDS = 5, 500, 4
SERVE = """
import os, sys
from pathlib import Path
from etl.site.publish import server as serve_static
os.sched_setaffinity(0, {0})
serve_static.run(Path(sys.argv[1]), "127.0.0.1", 0, None, lambda line: print(line, flush=True))
"""
# The page marks itself ready when its panels stand; what it needed by then is in the browser's own list.
MEASURE = """() => {
  const all = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
  const name = (entry) => new URL(entry.name).pathname.slice(1);
  return {
    sizes: all.map((entry) => [name(entry), entry.encodedBodySize]),
    paint: performance.getEntriesByName('first-contentful-paint')[0].startTime,
    ready: window.readyAt,
  };
}"""
WATCH = """
new MutationObserver(() => { window.readyAt ??= document.documentElement.dataset.ready && performance.now(); })
  .observe(document, { subtree: true, attributes: true, attributeFilter: ['data-ready'] });
"""


@contextmanager
def serving(site: Path) -> Iterator[str]:
    """The site on one core; its address."""
    process = subprocess.Popen([sys.executable, "-c", SERVE, str(site)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().split("/ ")[0]
    finally:
        process.terminate()
        process.wait()


def opened(browser: Browser, address: str) -> dict[str, Any]:
    """One visit with nothing in the browser's cache."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.add_init_script(WATCH)
    page = context.new_page()
    page.goto(f"{address}/")
    page.locator("html[data-ready]").wait_for()
    charts_drawn(page)
    found: dict[str, Any] = page.evaluate(MEASURE)
    found["charts"] = page.evaluate("performance.now()")
    context.close()
    return found


def demo_site(folder: Path) -> Path:
    """The site of a demo run."""
    env = {**os.environ, "MFO_DATA_DIR": str(folder / "data")}
    subprocess.run([str(MFO), "run-daily", "--demo"], env=env, check=True, stderr=subprocess.DEVNULL)
    return folder / "data-demo" / "site"


def asked(site: Path) -> Load:
    """Every JSON, script and style of the site in turn, at the wanted rate."""
    manifest = json.loads((site / "data" / "manifest.json").read_bytes())
    paths = [f"/{one['path']}" for one in manifest["artifacts"] if one["path"].endswith((".json", ".js", ".css"))]
    with serving(site) as address:
        return load(int(address.rpartition(":")[2]), paths, per_second=RATE, seconds=SECONDS)


def main() -> None:
    """Print weights, times and the load figure, each beside what is wanted."""
    with tempfile.TemporaryDirectory() as folder:
        site = Path(sys.argv[1]) if len(sys.argv) > 1 else demo_site(Path(folder))
        with serving(site) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS.split())
            opened(browser, address)  # the first visit also starts the browser's own processes
            visits = [opened(browser, address) for _ in range(ROUNDS)]
            browser.close()
        seen = asked(site)
    kb: dict[str, float] = {"page": 0, "data": 0, "charts": 0}
    for name, size in visits[-1]["sizes"]:
        is_chart = name == "vega.js" or name.startswith("specs/")
        kb["charts" if is_chart else "data" if name.startswith("data/") else "page"] += size / 1000
    paint, ready, charts = (statistics.median(one[name] for one in visits) for name in ("paint", "ready", "charts"))
    wrong = len(seen.errors) + sum(status != 200 for status in seen.statuses)
    sys.stdout.write(
        f"page     {kb['page']:.1f} kB gzip before charts and data (wanted 60), data {kb['data']:.1f} kB, charts "
        f"{kb['charts']:.1f} kB, {sum(kb.values()):.1f} kB in all (wanted 400)\n"
        f"page     first paint {paint:.0f} ms (wanted 300), all panels {ready:.0f} ms (wanted 1200), "
        f"all charts {charts:.0f} ms; median of {ROUNDS}\n"
        f"page     {seen.per_second:.0f} requests a second on one core ({RATE} asked), {wrong} errors (wanted 0), "
        f"half within {1000 * seen.slowest(0.5):.1f} ms, 99 of 100 within {1000 * seen.slowest(0.99):.0f} ms\n"
    )


if __name__ == "__main__":
    main()
