"""One stand-in for each file of fault tests, without limits in real time, and the rows that a clean run gives."""

from collections.abc import Callable
from pathlib import Path

import pytest

from etl.config.settings import parse_instant
from etl.market.sessions import last_closed
from tests.conftest import Upstream
from tests.faults.folders import NOW, ROUTES, Rows, SmallFolder, choice_of, folder_of

UNLIMITED = (
    "--av-spacing",
    "0",
    "--av-per-day",
    "100000",
    "--fred-per-second",
    "10000",
    "--fred-per-minute",
    "1000000",
)
HANGS_S = "0.6"


@pytest.fixture(scope="module")
def running(start_upstream: Callable[..., Upstream]) -> Upstream:
    """The stand-in of this file."""
    last_closed(parse_instant(NOW, "now"))  # the calendar is made once, before anything is timed
    return start_upstream(*UNLIMITED, "--fault-timeout", HANGS_S)


@pytest.fixture
def upstream(running: Upstream) -> Upstream:
    """Without faults, its log empty, at the usual instant."""
    running.faults()
    running.reset()
    running.now(NOW)
    return running


@pytest.fixture(scope="module")
def base_urls(running: Upstream) -> dict[str, str]:
    """Where it is."""
    return {name: url for name, url in running.env.items() if name.endswith("_BASE_URL")}


@pytest.fixture(scope="module")
def clean(base_urls: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Rows]:
    """A function: the rows that one provider of a route gives when nothing goes wrong."""
    found: dict[tuple[str, str], Rows] = {}

    def rows(first: str, who: str) -> Rows:
        if (first, who) not in found:
            route = ROUTES[first]
            chains = {route.dataset: [who]}
            folder = SmallFolder(tmp_path_factory.mktemp("clean") / "data", base_urls, chains)
            assert folder.fetch(choice_of(route)) == 0
            found[first, who] = folder.rows(route.relation)
            assert len(found[first, who]) > 50
        return found[first, who]

    return rows


@pytest.fixture
def folder(tmp_path: Path, base_urls: dict[str, str]) -> Callable[..., SmallFolder]:
    """A function that makes the data folder of a route."""

    def make(first: str, **options: object) -> SmallFolder:
        return folder_of(tmp_path / "data", ROUTES[first], base_urls, **options)

    return make
