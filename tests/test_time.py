"""Time, as a user meets it: weeks off, midnight in New York, another zone, a clock that is wrong."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from etl.config.schema import Universe
from tests.conftest import AV_KEY, FRED_KEY, Mfo, Upstream, files_of

UNPACED = ("--av-spacing", "0", "--fred-per-second", "1000", "--fred-per-minute", "100000")
CONFIG = """
[universe]
regions = { USA = ["SPY"], Europe = ["VGK"] }
asset_classes = { Stocks = ["SPY"], Crypto = ["L0001USDT"], Cash = ["BIL"] }
stocks = []
series = ["DGS10"]
[limits.alpha_vantage]
spacing_s = 0
[limits.fred]
spacing_s = 0
[limits.yahoo]
spacing_s = 0
"""
FRIDAY, THREE_WEEKS_LATER = "2025-10-10T11:30:00Z", "2025-10-31T11:30:00Z"
FAR = {"TZ": "Pacific/Kiritimati"}  # 14 hours ahead of UTC: already tomorrow
MINUTES = "select min(opened_at) as first, max(opened_at) as last, count(*) as n from lake.bars where interval = '1m'"


def started(start_upstream: Callable[..., Upstream], folder: Path) -> tuple[Mfo, Upstream]:
    """A stand-in and an `mfo` of a small universe."""
    upstream = start_upstream(*UNPACED)
    config = folder / "mfo.toml"
    config.write_text(CONFIG)
    env = {**upstream.env, "ALPHA_VANTAGE_API_KEY": AV_KEY, "FRED_API_KEY": FRED_KEY, "MFO_CONFIG": str(config)}
    env.pop("OPENAI_BASE_URL")
    return Mfo(folder / "data", env), upstream


def run(mfo: Mfo, upstream: Upstream, at: str, *command: str, **env: str) -> str:
    """One command at an instant of both sides; it must end well. What it said."""
    upstream.now(at)
    said = mfo(*command, **{"MFO_NOW": at, **env})
    assert said.code == 0, said.err
    return said.out + said.err


@pytest.fixture(scope="module")
def three_weeks(start_upstream: Callable[..., Upstream], tmp_path_factory: pytest.TempPathFactory) -> tuple:
    """run-daily on a Friday and again three weeks later, on a machine in Kiritimati; and what the second one asked."""
    mfo, upstream = started(start_upstream, tmp_path_factory.mktemp("weeks"))
    run(mfo, upstream, FRIDAY, "run-daily", **FAR)
    before = len(upstream.log())
    run(mfo, upstream, THREE_WEEKS_LATER, "run-daily", **FAR)
    return mfo, upstream.log()[before:]


def test_after_three_weeks_off_a_plain_run_catches_up(three_weeks: tuple) -> None:
    """Every session, UTC day and minute in between, one Alpha Vantage call for each equity, no gap, no limit broken."""
    mfo, asked = three_weeks
    sessions = "select count(*) as n from lake.sessions where trade_date between '2015-01-02' and '2025-10-30'"
    days = mfo.rows(f"select symbol, count(*) as n, ({sessions}) as expected from daily_prices group by all")
    assert [row for row in days if row["symbol"] in ("SPY", "BIL") and row["n"] != row["expected"]] == []
    assert mfo.rows(MINUTES) == [{"first": "2025-10-08T11:30:00Z", "last": "2025-10-31T11:29:00Z", "n": 23 * 1440}]
    assert mfo.rows("select * from gaps") == []
    assert len([e for e in asked if e["provider"] == "alpha_vantage"]) == 3
    pages = "select count(*) as n from requests where dataset = 'crypto_1m' group by run_id order by run_id"
    assert mfo.rows(pages) == [{"n": 3}, {"n": 31}]
    assert [e for e in asked if e["verdict"].startswith("limit:")] == []


def test_the_zone_of_the_machine_changes_no_row(three_weeks: tuple, tmp_path: Path) -> None:
    """What Kiritimati wrote, New York and UTC read: the same bytes of the site, the same rows from the answers anew."""
    mfo, _ = three_weeks
    site = files_of(mfo.data_dir / "site")
    for zone in ("America/New_York", "UTC"):
        said = mfo("export", "--out", str(tmp_path / zone), MFO_NOW=THREE_WEEKS_LATER, TZ=zone)
        assert said.code == 0, said.err
        assert files_of(tmp_path / zone) == site
    rows = "select symbol, trade_date, close, source, sequence from daily_prices order by all"
    before = mfo.rows(rows)
    for command in (("transform", "--all"), ("load", "--rebuild")):
        said = mfo(*command, MFO_NOW=THREE_WEEKS_LATER, TZ="America/New_York")
        assert said.code == 0, said.err
    assert mfo.rows(rows) == before


def test_a_day_that_is_spent_comes_back_at_midnight_in_new_york(
    start_upstream: Callable[..., Upstream], tmp_path: Path
) -> None:
    """Two calls a day: at 23:59 there the third is left undone (partial); at 00:01 there are two again, and no more."""
    mfo, upstream = started(start_upstream, tmp_path)
    config = tmp_path / "mfo.toml"
    config.write_text(CONFIG.replace("[limits.alpha_vantage]", "[limits.alpha_vantage]\nper_day = 2"))
    called = []
    for at in ("2025-11-01T03:59:00Z", "2025-11-01T04:01:00Z"):
        upstream.now(at)
        said = mfo("extract", "--only", "alpha_vantage", MFO_NOW=at, **FAR)
        assert said.code == 3, said.err
        assert "2 of 2 calls are used; the day ends at midnight US/Eastern" in said.err
        called.append(len([e for e in upstream.log() if e["provider"] == "alpha_vantage"]))
    assert called == [2, 4]
    (row,) = [q for q in mfo_quota(mfo, "2025-11-01T04:01:00Z") if q["provider"] == "alpha_vantage"]
    assert (row["used"], row["left"]) == (2, 0)


def mfo_quota(mfo: Mfo, at: str) -> list:
    """The quotas that `mfo status` shows."""
    return json.loads(mfo("status", "--json", MFO_NOW=at).out)["quota"]  # type: ignore[no-any-return]  # a list


@pytest.mark.parametrize("hours", [1, pytest.param(-1, marks=pytest.mark.soak)])
def test_a_clock_that_is_an_hour_off_makes_nothing_final_too_early(
    start_upstream: Callable[..., Upstream], tmp_path: Path, hours: int
) -> None:
    """The earlier of both clocks decides; when ours is right again, nothing is missing and nothing is there twice."""
    mfo, upstream = started(start_upstream, tmp_path)
    real = datetime(2025, 10, 30, 20, 30, tzinfo=UTC)  # half an hour after the close: not final yet
    wrong = (real + timedelta(hours=hours)).isoformat()
    upstream.now(real.isoformat())
    said = mfo("run-daily", MFO_NOW=wrong)
    assert said.code == 0, said.err
    earlier = min(real, real + timedelta(hours=hours))
    newest = "select max(opened_at) as at from lake.bars where is_final and interval = "
    assert mfo.rows(newest + "'1m'") == [{"at": (earlier - timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ")}]
    assert mfo.rows("select max(trade_date) as at from daily_prices where symbol = 'SPY'") == [{"at": "2025-10-29"}]
    run(mfo, upstream, "2025-10-31T11:30:00Z", "run-daily")
    assert mfo.rows("select max(trade_date) as at from daily_prices where symbol = 'SPY'") == [{"at": "2025-10-30"}]
    assert mfo.rows("select * from gaps where state != 'filled'") == []
    assert mfo.rows(MINUTES.replace("count(*)", "count(distinct opened_at) - count(*)"))[0]["n"] == 0


def test_a_run_with_the_clock_a_year_ahead_freezes_nothing(mfo: Mfo) -> None:
    """When the clock is right again the next run asks for all that is due at once, and says what counts as none."""
    at = [datetime(2026, 11, 17, 23, 30, tzinfo=UTC) + timedelta(days=days) for days in (0, 367, 1)]
    first, ahead, right = (mfo("extract", "--demo", MFO_NOW=instant.isoformat()) for instant in at)
    assert (first.code, ahead.code, right.code) == (0, 0, 0)
    assert "from after now" not in first.err + ahead.err
    assert "answers are from after now, the newest of 2027-11-19T23:30:00Z; they count as none: is the" in right.err
    answered = (
        "select provider, dataset, symbol, max(newest_at) from requests "
        "where answered_at >= ? and answered_at < ? and dataset in ('equity_daily', 'crypto_1d') group by 1, 2, 3"
    )
    with closing(sqlite3.connect(mfo.data_dir.with_name("data-demo") / "state.db")) as db:
        rows = db.execute(answered, (at[2].isoformat(), at[1].isoformat())).fetchall()
    assert {symbol: newest[:10] for _, dataset, symbol, newest in rows if dataset == "equity_daily"} == dict.fromkeys(
        [s for s in Universe().symbols() if not Universe().is_crypto(s)], "2026-11-18"
    )
    assert len([symbol for _, dataset, symbol, _ in rows if dataset == "crypto_1d"]) == 3
