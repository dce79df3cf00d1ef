"""Sources, health, quality and pipeline: what operations say of themselves, from the sidecars of the raw answers."""

import itertools
import re

import pandas as pd
import pytest

from tests.from_raw import wires
from tests.from_raw.comparing import assert_same, plain, taken
from tests.from_raw.conftest import Published
from tests.from_raw.daily import calendar
from tests.from_raw.recomputation import Recomputation
from tests.from_raw.universe import CRYPTO, EQUITIES, SERIES, SYMBOLS

pytestmark = pytest.mark.parametrize("run", ["demo"], indirect=True)

ASKED = ("alpha_vantage", "binance", "fred", "yahoo")
NOT_ASKED = ("alpaca", "binance_archive", "coingecko", "finnhub", "fmp", "fred_graph", "twelve_data")
PER_DAY = {"fmp": 250, "alpha_vantage": 25, "twelve_data": 800}  # their free tiers; the others have no limit of a day


def newest_of(raw: Recomputation, source: str) -> pd.Timestamp:
    """The newest value: an equity day is of its close, a minute of its end, an observation of its date."""
    return {
        "alpha_vantage": calendar()["close"][raw.sessions[-1]],
        "yahoo": calendar()["close"][raw.sessions[-1]],
        "binance": max(one["closed_at"].iloc[-1] for one in raw.minutes.values()),
        "fred": max(values.index[-1] for values in raw.series.values()),
    }[source]


@pytest.mark.parametrize("source", ASKED)
def test_a_sources_requests_are_counted_from_its_sidecars(
    source: str, raw: Recomputation, published: Published
) -> None:
    """data/sources.json: requests, today's, what is left, the share that was answered, the last good one, newest."""
    (item,) = [one for one in published("data/sources.json")["items"] if one["source"] == source]
    sidecars = [answer for answer in raw.lake.answers if answer.provider == source]
    today = [answer for answer in sidecars if answer.asked_at.date() == raw.as_of.date()]
    good = [answer for answer in sidecars if answer.status == 200]
    per_day = PER_DAY.get(source)
    wanted = {
        "requests": len(sidecars),
        "used_today": len(today),
        "per_day": per_day,
        "left_today": None if per_day is None else per_day - len(today),
        "success_share": len(good) / len(sidecars),
        "last_good_at": pd.Timestamp(max(answer.answered_at for answer in good)).tz_convert("UTC"),
        "newest": newest_of(raw, source),
        "status": "ok",
    }
    assert_same(taken(item, *wanted), wanted, f"data/sources.json {source}")
    assert item["expected_next_at"] is None or item["expected_next_at"] > plain(raw.as_of)


@pytest.mark.parametrize("source", NOT_ASKED)
def test_a_source_that_was_not_asked_has_no_figures(source: str, raw: Recomputation, published: Published) -> None:
    """data/sources.json: a stand-in that was not needed, or has no key, claims no share and no newest value."""
    (item,) = [one for one in published("data/sources.json")["items"] if one["source"] == source]
    assert [answer for answer in raw.lake.answers if answer.provider == source] == []
    wanted = {"requests": 0, "used_today": 0, "left_today": PER_DAY.get(source), "per_day": PER_DAY.get(source)}
    nothing = dict.fromkeys(("success_share", "newest", "last_good_at", "last_error", "median_latency_ms"))
    assert_same(taken(item, *wanted, *nothing), {**wanted, **nothing}, f"data/sources.json {source}")


def test_the_manifest_and_the_sources_file_say_the_same_of_each_source(published: Published) -> None:
    """data/manifest.json `sources`: newest, cadence, what is due next and status, as data/sources.json has them."""
    items = published("data/sources.json")["items"]
    assert [one["source"] for one in items] == sorted(ASKED + NOT_ASKED)
    shown = published("data/manifest.json")["sources"]
    names = ("title", "newest", "cadence_hours", "expected_next_at", "status", "why")
    assert shown == [{"name": one["source"], **taken(one, *names)} for one in items]


def test_the_health_counts_are_those_of_the_raw_answers(raw: Recomputation, published: Published) -> None:
    """data/health.json: symbols, series, final days, hours, observations, notes and the anchor."""
    document = published("data/health.json")
    wanted = {
        "symbols": len(SYMBOLS),
        "series": len(SERIES),
        "daily_rows": sum(len(days) for days in raw.days.values()),
        "hourly_rows": sum(len(hours) for hours in raw.hours.values()),
        "observations": sum(len(values) for values in raw.series.values()),
        "open_gaps": 0,
        "notes": len({answer.symbol for answer in raw.lake.of("mfo", "note")}),
    }
    assert_same(document["counts"], wanted, "data/health.json counts")
    assert taken(document, "anchor_date", "stale", "status") == {"anchor_date": raw.anchor, "stale": [], "status": "ok"}


def test_no_gap_is_published_because_no_bar_is_missing(raw: Recomputation, published: Published) -> None:
    """data/quality.json `gaps`: every session of the calendar, UTC day and minute between first and last is there."""
    for symbol in EQUITIES:
        days = raw.days[symbol].index
        expected = calendar().index
        assert list(days) == list(expected[(expected >= days[0]) & (expected <= raw.sessions[-1])]), symbol
    for symbol, (frames, step) in itertools.product(CRYPTO, ((raw.days, "D"), (raw.minutes, "min"))):
        bars = frames[symbol].index
        assert list(bars) == list(pd.date_range(bars[0], bars[-1], freq=step)), symbol
    assert published("data/quality.json")["gaps"] == []


def test_no_revision_is_published_because_no_source_said_two_things(raw: Recomputation, published: Published) -> None:
    """data/quality.json `revisions` and `refused`: one source's answers agree on every final bar and observation."""
    readers = {
        ("alpha_vantage", "equity_daily"): lambda body: wires.alpha_vantage_days(body),
        ("yahoo", "equity_history"): lambda body: wires.yahoo_days(body).drop(columns="adj_close"),
        ("binance", "crypto_1d"): lambda body: wires.binance_candles(body),
        ("binance", "crypto_1m"): lambda body: wires.binance_candles(body),
        ("fred", "macro"): lambda body: wires.fred_observations(body).to_frame("value"),
    }
    for (provider, dataset), reader in readers.items():
        for symbol in {answer.symbol for answer in raw.lake.of(provider, dataset)}:
            rows = pd.concat([reader(answer.document) for answer in raw.lake.of(provider, dataset, symbol)])
            once = rows.reset_index().drop_duplicates()
            assert once["index"].is_unique, f"{provider} {dataset} {symbol}"
    quality = published("data/quality.json")
    assert (quality["revisions"], quality["refused"]) == ([], [])


def test_every_check_that_blocks_a_publication_has_passed(published: Published) -> None:
    """data/quality.json `checks`: what was published broke no blocking claim."""
    checks = published("data/quality.json")["checks"]
    assert len(checks) > 100
    assert [one["check"] for one in checks if one["severity"] == "blocking" and one["failed_rows"]] == []


def test_the_pipeline_counts_the_answers_that_it_read(raw: Recomputation, published: Published) -> None:
    """data/pipeline.json: the first run's own lines say how many answers it read, and the lake has as many of it."""
    first = published("data/pipeline.json")["runs"][-1]
    of_the_run = [answer for answer in raw.lake.answers if answer.run_id == first["run_id"]]
    market = [answer for answer in of_the_run if answer.provider in ASKED]
    said = re.findall(r"(\d+) answers read, \d+ rows", first["details"]["transform"]["line"])
    assert sum(map(int, said)) == len(market) > 70  # one line for each time that it read while extraction waited
    assert first["status"] == "success"
