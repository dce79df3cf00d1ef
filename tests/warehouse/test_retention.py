"""Retention, as a user meets it: what is old moves, and neither a figure nor a look at the past changes."""

import math
import shutil
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.conftest import Mfo, files_of

CONFIG = """
[universe]
regions = { USA = ["SPY"], Europe = ["VGK"] }
asset_classes = { Stocks = ["SPY"], Crypto = ["BTCUSDT"], Cash = ["BIL"] }
stocks = []
series = ["DGS10"]
[retention]
minute_bars_days = 31
"""
FIRST, SECOND, THIRD = "2025-09-15T11:30:00Z", "2025-10-31T11:30:00Z", "2025-11-08T11:30:00Z"
FAILED_ROWS, CHECKED_AT = 4, 6  # columns of data_quality
OLD_MINUTES = "select count(*) as n from lake.bars where interval = '1m' and opened_at < '2025-09-30'"


Rows = list[tuple[Any, ...]]


def is_same(a: Any, b: Any) -> bool:
    """Whether two values are one, figures to 9 digits: sums of several threads are not equal to the last bit."""
    if isinstance(a, float) and isinstance(b, float):
        return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-6)
    return bool(a == b)


def changed(before: dict[str, Rows], after: dict[str, Rows], *names: str) -> list[str]:
    """The relations whose rows are not what they were."""
    return [
        name
        for name in names or before
        if len(before[name]) != len(after[name])
        or not all(all(map(is_same, *pair)) for pair in zip(before[name], after[name], strict=True))
    ]


def has_left(row: tuple[Any, ...]) -> bool:
    """Whether a row of `data_quality` is a passed check of the first run."""
    return row[CHECKED_AT].date() == date(2025, 9, 15) and row[FAILED_ROWS] == 0


class Kept:
    """A demo's data folder at three instants: run, run 46 days later, maintained 8 days after that."""

    def __init__(self, folder: Path) -> None:
        config = folder / "mfo.toml"
        config.write_text(CONFIG)
        self.mfo = Mfo(folder / "data", {"MFO_CONFIG": str(config), "MFO_NOW": THIRD})
        self.root = folder / "data-demo"
        self.sites: list[dict[str, bytes]] = []
        for at in (FIRST, SECOND):
            self.run("run-daily", MFO_NOW=at)
            self.sites.append(files_of(self.root / "site"))
        self.files_before = len(list(self.root.rglob("parquet/**/*.parquet")))
        self.before = self.marts()
        self.said = self.run("maintain")

    def run(self, *command: str, **env: str) -> str:
        """A command that must end well; what it said."""
        said = self.mfo(*command, "--demo", **env)
        assert said.code == 0, said.err
        return said.out + said.err

    def marts(self, schema: str = "marts") -> dict[str, Rows]:
        """Every row of every relation of the published file."""
        with duckdb.connect(str(self.root / "warehouse.duckdb"), read_only=True) as con:
            shown = "select table_name from information_schema.tables where table_schema = ?"  # views too
            names = con.execute(shown, [schema]).fetchall()
            return {name: con.execute(f"select * from {schema}.{name} order by all").fetchall() for (name,) in names}

    def copy(self, folder: Path) -> "Kept":
        """The same folder somewhere else, to be spoilt."""
        other = object.__new__(Kept)
        shutil.copytree(self.root, folder / "data-demo")
        other.mfo, other.root = Mfo(folder / "data", dict(self.mfo.env)), folder / "data-demo"
        other.mfo.env["MFO_DATA_DIR"] = str(folder / "data")
        return other


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """One for all tests that only look at it."""
    return Kept(tmp_path_factory.mktemp("kept"))


def test_maintain_says_what_it_moved(kept: Kept) -> None:
    """Answers into zips, minutes and order books out of the warehouse, small files into bigger ones."""
    assert "kept answers verified, 0 left-overs" in kept.said
    assert "answers older than 7 days archived in" in kept.said
    assert "minute bars older than 31 days left the warehouse; Parquet has them" in kept.said
    assert "levels of order books older than 30 days left the warehouse; Parquet has them" in kept.said
    assert f"{len(list(kept.root.glob('lake/*/archive/*.zip')))} zips" in kept.said
    assert not list(kept.root.glob("lake/*/answers/*/*.json"))
    assert len(list(kept.root.rglob("parquet/**/*.parquet"))) < kept.files_before
    assert kept.mfo.rows(OLD_MINUTES, "--demo") == [{"n": 17}]  # the last minute of each day


def test_no_figure_changes_when_its_minutes_have_left(kept: Kept) -> None:
    """Every row of every mart is what it was, hours and gaps of the minutes that are gone too."""
    before, after = dict(kept.before), kept.marts()
    before["data_quality"] = [row for row in before["data_quality"] if not has_left(row)]
    assert changed(before, after) == []
    assert len(after["hourly_metrics"]) > 1000


def test_old_results_of_passed_checks_leave_and_failures_stay(kept: Kept) -> None:
    """Of the first run, 54 days ago; the second's are all there, and `maintain` says how many left."""
    before, after = kept.before["data_quality"], kept.marts()["data_quality"]
    left = [row for row in before if has_left(row)]
    assert len(left) > 100
    assert f"{len(left)} results of passed checks older than 30 days left the warehouse; failures stay" in kept.said
    assert [row for row in after if row[CHECKED_AT] < datetime(2025, 10, 9)] == [  # noqa: DTZ001 - as kept
        row for row in before if row[CHECKED_AT].date() == date(2025, 9, 15) and row[FAILED_ROWS]
    ]
    assert len(after) == len(before) - len(left)


def test_a_look_at_the_past_reads_back_what_has_left(kept: Kept, tmp_path: Path) -> None:
    """Byte for byte the site of each run, also that whose minutes and order books are in Parquet only."""
    for at, site in zip((FIRST, SECOND), kept.sites, strict=True):
        kept.run("export", "--as-of", at, "--out", str(tmp_path / at[:10]))
        assert files_of(tmp_path / at[:10]) == site
    minutes = "select count(*) as n from lake.bars where interval = '1m' and opened_at < '2025-09-15'"
    assert kept.mfo.rows(minutes, "--demo", "--as-of", FIRST)[0]["n"] > 1400


def test_all_is_made_anew_from_the_zips(kept: Kept, tmp_path: Path) -> None:
    """`transform --all` and `load --rebuild` give the minutes back and the same figures; then they leave again."""
    other = kept.copy(tmp_path)
    shutil.rmtree(other.root / "parquet")
    other.run("transform", "--all")
    other.run("load", "--rebuild", MFO_NOW=SECOND)
    assert other.mfo.rows(OLD_MINUTES, "--demo")[0]["n"] > 20_000
    figures = (
        "hourly_prices",
        "hourly_metrics",
        "daily_metrics",
        "gaps",
        "revisions",
        "symbol_stats_24h",
        "order_book",
    )
    assert changed(kept.before, other.marts(), *figures) == []
    other.run("maintain")
    assert other.mfo.rows(OLD_MINUTES, "--demo") == [{"n": 17}]
    assert changed(kept.before, other.marts(), *figures) == []


def test_minutes_that_come_late_join_those_that_left(kept: Kept, tmp_path: Path) -> None:
    """A backfill of older minutes: the hours that they are of are those of a file that never lost one."""
    other = kept.copy(tmp_path)
    other.run("backfill", "BTCUSDT", "--interval", "1m", "--from", "2025-09-12", "--to", "2025-09-13")
    found = other.marts()
    earlier = [row for row in found["hourly_prices"] if row[1].date() < date(2025, 9, 14)]
    assert len(earlier) == 48
    other.run("load", "--rebuild")
    assert changed(found, other.marts(), "hourly_prices", "hourly_metrics", "gaps") == []


def test_an_as_of_view_whose_parquet_is_gone_is_refused(kept: Kept, tmp_path: Path) -> None:
    """65, one line: what is missing and how it is made anew."""
    other = kept.copy(tmp_path)
    next(iter((other.root / "parquet/bars").glob("binance/*.parquet"))).unlink()
    said = other.mfo("export", "--demo", "--as-of", FIRST, "--out", str(tmp_path / "site"))
    assert said.code == 65
    assert "is gone, and what left the warehouse stands there only; `mfo transform --all`" in said.err


def test_dropped_answers_leave_their_rows(kept: Kept, tmp_path: Path) -> None:
    """Bodies deleted as set: `transform --all` and a rebuild give every figure, from the Parquet that was kept."""
    other = kept.copy(tmp_path)
    config = tmp_path / "mfo.toml"
    config.write_text(CONFIG + "answers_dropped_after_days = 30\n")
    other.mfo.env["MFO_CONFIG"] = str(config)
    said = other.run("maintain")
    assert "the bodies of " in said
    assert "answers older than 30 days deleted" in said
    size = sum(path.stat().st_size for path in kept.root.glob("lake/*/archive/*.zip"))
    assert sum(path.stat().st_size for path in other.root.glob("lake/*/archive/*.zip")) < size
    other.run("transform", "--all")
    assert list(other.root.glob("parquet/bars/*/kept-*.parquet"))
    other.run("load", "--rebuild", MFO_NOW=SECOND)
    figures = ("hourly_prices", "hourly_metrics", "daily_metrics", "daily_prices", "macro_daily", "symbol_stats_24h")
    assert changed(kept.before, other.marts(), *figures) == []
    assert "kept answers verified" in other.run("maintain")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("minute_bars_days = 30", "retention: value error, minute_bars_days must be 0 or above 30"),
        ("order_books_days = -1", "retention.order_books_days: input should be greater than or equal to 0"),
        (
            "answers_dropped_after_days = 7",
            "answers_dropped_after_days must be 0, or above answers_archived_after_days",
        ),
        ("answers_dropped = 7", "unknown setting 'retention.answers_dropped'; allowed there: minute_bars_days, "),
    ],
)
def test_a_wrong_retention_setting_is_refused(tmp_path: Path, line: str, said: str) -> None:
    """78: the file, the key and what is allowed."""
    (tmp_path / "mfo.toml").write_text(f"[retention]\n{line}\n")
    answer = Mfo(tmp_path / "data", {"MFO_CONFIG": str(tmp_path / "mfo.toml")})("status")
    assert answer.code == 78
    assert said in answer.err


def test_what_init_writes_has_the_retention_settings(tmp_path: Path) -> None:
    """Each with its default."""
    mfo = Mfo(tmp_path / "data")
    assert mfo("init").code == 0
    text = (mfo.cwd / "mfo.toml").read_text()
    for line in (
        "#[retention]",
        "#minute_bars_days = 90",
        "#order_books_days = 30",
        "#check_results_days = 30",
        "#answers_archived_after_days = 7",
    ):
        assert line in text
