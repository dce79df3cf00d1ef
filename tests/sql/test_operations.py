"""What operations feed: sources, gaps, revisions, requests, runs, findings."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.sql.conftest import AS_OF, Lake, naive, weekdays


@pytest.fixture
def sources(lake: Lake) -> Lake:
    """Five sources, two of them without a key, and ten sessions."""
    lake.calendar(weekdays(10))
    lake.instruments({"SPY": "equity", "BTCUSDT": "crypto"})
    rows = [
        (
            "alpha_vantage",
            "Alpha Vantage",
            "",
            "",
            False,
            True,
            True,
            25,
            "US/Eastern",
            24.0,
            0,
            "ALPHA_VANTAGE_API_KEY",
        ),
        ("yahoo", "Yahoo", "", "", False, False, False, None, "UTC", 24.0, 1, None),
        ("twelve_data", "Twelve Data", "", "", False, False, True, 800, "UTC", 24.0, 2, "A_KEY and ITS_SECRET"),
        ("finnhub", "Finnhub", "", "", False, True, True, None, "UTC", 24.0, 3, None),
        ("binance", "Binance", "", "", True, False, False, None, "UTC", 0.25, 4, None),
    ]
    lake.insert("sources", rows)
    lake.chain("equity_daily", "twelve_data", "alpha_vantage", "yahoo")
    lake.chain("crypto_1m", "binance")
    return lake


def request(lake: Lake, source: str, verdict: str, ago: timedelta, **more: Any) -> None:
    """One finished request, `ago` before the as-of instant."""
    lake.sequence += 1
    at = naive(AS_OF - ago)
    row = (
        lake.sequence,
        "run-1",
        source,
        "d",
        "S",
        at,
        at,
        more.get("ms", 100.0),
        200,
        verdict,
        more.get("detail"),
        at,
    )
    lake.insert("requests", [row])


def status(lake: Lake) -> dict[str, dict[str, Any]]:
    """source_status by source."""
    rows = lake.build("marts.source_status").rows("select * from source_status")
    return {row["source"]: row for row in rows}


def test_sources_without_key_or_use_say_so(sources: Lake) -> None:
    """A missing key names the variable; a stand-in that was not needed and one in no chain are told apart."""
    found = status(sources)
    assert list(found) == ["alpha_vantage", "yahoo", "twelve_data", "finnhub", "binance"]
    assert found["twelve_data"]["status"] == "skipped"
    assert found["twelve_data"]["why"] == "no key: set A_KEY and ITS_SECRET"
    assert (found["yahoo"]["status"], found["yahoo"]["why"]) == ("unused", "stands in, not needed so far")
    assert found["finnhub"]["why"] == "in no chain of the configuration"


def test_last_request_decides_whether_a_source_failed(sources: Lake) -> None:
    """A failure that a good answer followed is history; the share and the median say how often."""
    request(sources, "yahoo", "ProviderDown", timedelta(hours=3), detail="503", ms=900.0)
    request(sources, "yahoo", "ok", timedelta(hours=2), ms=300.0)
    request(sources, "yahoo", "ok", timedelta(days=40), ms=1.0)
    request(sources, "alpha_vantage", "ok", timedelta(hours=3))
    request(sources, "alpha_vantage", "ProviderQuotaExhausted", timedelta(hours=2), detail="25 requests per day")
    found = status(sources)
    assert (found["yahoo"]["status"], found["yahoo"]["success_share"], found["yahoo"]["requests"]) == ("ok", 0.5, 2)
    assert found["yahoo"]["median_latency_ms"] == 600
    assert found["yahoo"]["last_error"] == "ProviderDown: 503"
    assert (found["alpha_vantage"]["status"], found["alpha_vantage"]["why"]) == (
        "failed",
        "the last request failed: ProviderQuotaExhausted",
    )
    assert found["alpha_vantage"]["last_good_at"] == naive(AS_OF - timedelta(hours=3))


def test_quota_counts_in_the_sources_own_day(sources: Lake) -> None:
    """03:43 UTC is still yesterday in New York: a request of 5 UTC the day before counts, one of 3 does not."""
    for hours in (0.5, 22.5, 25):
        request(sources, "alpha_vantage", "ok", timedelta(hours=hours))
    found = status(sources)["alpha_vantage"]
    assert (found["per_day"], found["used_today"], found["left_today"]) == (25, 2, 23)


def test_a_day_that_the_source_calls_spent_has_no_call_left(sources: Lake) -> None:
    """Whatever our own count says; the day after has all of them again."""
    request(sources, "alpha_vantage", "ProviderQuotaExhausted", timedelta(hours=3))
    assert status(sources)["alpha_vantage"]["left_today"] == 0
    sources.publish(AS_OF + timedelta(hours=12))
    assert status(sources)["alpha_vantage"]["left_today"] == 25


def test_a_page_before_the_last_is_an_answer_like_any(sources: Lake) -> None:
    """`more` counts as good in the share, and a source is not failed because of it."""
    request(sources, "yahoo", "ok", timedelta(hours=3))
    request(sources, "yahoo", "more", timedelta(hours=2))
    found = status(sources)["yahoo"]
    assert (found["success_share"], found["status"], found["last_error"]) == (1.0, "ok", None)
    assert found["last_good_at"] == naive(AS_OF - timedelta(hours=2))


def test_a_source_that_was_never_asked_claims_nothing(sources: Lake) -> None:
    """No share, no latency, no last error; all calls of its day are left where it has a limit."""
    found = status(sources)
    for name in ("yahoo", "twelve_data", "finnhub"):
        figures = ("success_share", "median_latency_ms", "last_error", "last_good_at", "newest")
        assert [found[name][figure] for figure in figures] == [None] * 5
        assert (found[name]["requests"], found[name]["used_today"]) == (0, 0)
    assert (found["twelve_data"]["left_today"], found["yahoo"]["left_today"]) == (800, None)


def test_a_warehouse_of_before_names_the_variable_it_can(sources: Lake) -> None:
    """A publication whose configuration had no names of variables is still shown."""
    sources.con.execute("update lake.sources set key_variables = null")
    assert status(sources)["twelve_data"]["why"] == "no key: set TWELVE_DATA_API_KEY"


def test_a_price_that_is_only_compared_is_a_sources_newest(sources: Lake) -> None:
    """A source of last prices is neither unused nor late: no run rests on it."""
    at = naive(AS_OF - timedelta(hours=7))
    sources.insert("quotes", [("SPY", at, 1.0, "finnhub", 1, naive(AS_OF), "sha")])
    request(sources, "finnhub", "ok", timedelta(hours=1))
    found = status(sources)["finnhub"]
    assert (found["status"], found["newest"], found["expected_next_at"]) == ("ok", at, None)


@pytest.mark.parametrize(
    ("newest", "as_of", "verdict"),
    [
        (date(2025, 10, 30), datetime(2025, 10, 31, 13, 59, tzinfo=UTC), "ok"),
        (date(2025, 10, 30), datetime(2025, 11, 2, 12, tzinfo=UTC), "ok"),
        (date(2025, 10, 30), datetime(2025, 11, 3, 14, 1, tzinfo=UTC), "late"),
        (date(2025, 10, 31), datetime(2025, 11, 4, 13, 59, tzinfo=UTC), "ok"),
        (date(2025, 10, 31), datetime(2025, 11, 4, 14, 1, tzinfo=UTC), "late"),
    ],
)
def test_equities_are_late_by_sessions_and_not_on_weekends(
    sources: Lake, newest: date, as_of: datetime, verdict: str
) -> None:
    """Friday's bar is due by Monday 14:00 UTC, Monday's by Tuesday: cron runs on weekdays."""
    sources.publish(as_of)
    fetched = datetime(2025, 10, 31, 11, tzinfo=UTC)
    sources.bars("SPY", [newest], [1.0], source="alpha_vantage", fetched_at=fetched)
    found = status(sources)
    assert found["alpha_vantage"]["status"] == verdict
    assert found["yahoo"]["expected_next_at"] is None


def test_coins_are_late_by_their_cadence(sources: Lake) -> None:
    """Every 15 minutes, with an eighth of grace."""
    opened = [naive(AS_OF) - timedelta(minutes=18)]
    more: dict[str, Any] = {"interval": "1m", "kind": "crypto", "source": "binance", "fetched_at": AS_OF}
    sources.bars("BTCUSDT", [], [1.0], opened_at=opened, **more)
    found = status(sources)["binance"]
    assert (found["status"], found["newest"]) == ("late", naive(AS_OF) - timedelta(minutes=17))
    opened = [naive(AS_OF) - timedelta(minutes=17)]
    sources.bars("BTCUSDT", [], [1.0], opened_at=opened, **more)
    assert status(sources)["binance"]["status"] == "ok"


def test_gaps_are_stretches_from_the_first_bar_to_the_last_final_session(sources: Lake) -> None:
    """Two neighbouring sessions are one gap; what is missing at the end is one too; nothing before the first bar."""
    days = weekdays(10)
    sources.bars("SPY", [days[2], days[3], days[6], days[7]], [1.0] * 4)
    crypto = [days[-1] - timedelta(days=4), days[-1] - timedelta(days=1)]
    sources.bars("BTCUSDT", crypto, [1.0] * 2, kind="crypto", source="binance")
    rows = sources.build("marts.gaps").rows("select * from gaps order by symbol, from_at")
    assert [(row["symbol"], row["from_at"].date(), row["to_at"].date(), row["missing"]) for row in rows] == [
        ("BTCUSDT", days[-1] - timedelta(days=3), days[-1] - timedelta(days=1), 2),
        ("BTCUSDT", days[-1], days[-1] + timedelta(days=1), 1),
        ("SPY", days[4], days[5], 2),
        ("SPY", days[8], days[9], 2),
    ]


def test_revisions_are_changed_values_of_final_bars_and_observations(sources: Lake) -> None:
    """Field, old and new value, and the instants from which they were known; a candle that closes is none."""
    days = weekdays(2)
    early, late = AS_OF - timedelta(hours=3), AS_OF - timedelta(hours=2)
    sources.bars("SPY", days[:1], [10.0], fetched_at=early - timedelta(hours=1), is_final=False)
    sources.bars("SPY", days[:1], [11.0], fetched_at=early, adj_close=1.0)
    sources.bars("SPY", days[:1], [12.0], open=11.0, high=11.0, low=11.0, fetched_at=late, adj_close=2.0)
    sources.bars("SPY", days[1:], [12.0], fetched_at=late, source="alpha_vantage")
    sources.observe("UNRATE", {date(2025, 9, 1): 4.3}, fetched_at=early)
    sources.observe("UNRATE", {date(2025, 9, 1): 4.4}, fetched_at=late)
    rows = sources.build("marts.revisions").rows("select * from revisions order by kind")
    assert [(row["kind"], row["symbol"], row["field"], row["old_value"], row["new_value"]) for row in rows] == [
        ("bar", "SPY", "close", 11, 12),
        ("observation", "UNRATE", "value", 4.3, 4.4),
    ]
    assert {(row["was_known_at"], row["known_at"]) for row in rows} == {(naive(early), naive(late))}


def test_data_quality_shows_the_runs_checks_and_refused_rows(lake: Lake) -> None:
    """Checks of every run up to the instant, this one's marked; refused rows by dataset and source, with an example."""
    at = naive(AS_OF)
    lake.insert(
        "check_results",
        [("run-0", "a__b", "A claim.", "warning", 9, "old", at), ("run-1", "a__b", "A claim.", "warning", 0, "", at)]
        + [("run-2", "a__b", "A claim.", "warning", 7, "later", at + timedelta(hours=1))],
    )
    refused = ("equity_daily", "SPY", "2025-10-31", "high below low", "yahoo", 1, at, "sha")
    lake.insert("refused_rows", [refused, refused])
    shown = "select run_id, check_name, failed_rows, example, is_of_this_run from data_quality"
    rows = lake.build("marts.data_quality").rows(shown)
    assert [tuple(row.values()) for row in rows] == [
        ("run-0", "a__b", 9, "old", False),
        ("run-1", "a__b", 0, "", True),
        ("run-1", "refused_rows__equity_daily_yahoo", 2, "SPY 2025-10-31: high below low", True),
    ]


def test_requests_and_runs_are_those_that_were_known(lake: Lake) -> None:
    """Rows of after the as-of instant are not shown."""
    at, later = naive(AS_OF - timedelta(hours=1)), naive(AS_OF + timedelta(hours=1))
    request(lake, "yahoo", "ok", timedelta(hours=1))
    request(lake, "yahoo", "ok", timedelta(hours=-1))
    lake.insert("runs", [("run-1", at, at, "run-daily", "success", "{}", at), ("r", later, None, "x", "", "{}", later)])
    lake.build("marts.requests", "marts.etl_runs")
    assert len(lake.rows("select * from requests")) == 1
    assert [row["run_id"] for row in lake.rows("select * from etl_runs")] == ["run-1"]


def test_instruments_carry_their_groups(lake: Lake) -> None:
    """Nodes of both pictures and the watchlist, in order; none is an empty list."""
    lake.instruments({"SPY": "equity", "AAPL": "equity", "X": "equity"}, watchlist=["AAPL"])
    lake.nodes("region", {"USA": ["SPY"]})
    lake.nodes("asset", {"Stocks": ["SPY"]})
    rows = lake.build("marts.instruments").rows("select symbol, groups from instruments")
    assert {row["symbol"]: row["groups"] for row in rows} == {"SPY": ["Stocks", "USA"], "AAPL": ["watchlist"], "X": []}
