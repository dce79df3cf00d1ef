"""extract: reserve, send, keep; again where that helps; the next provider where it does not; one lane for each."""

import json
import os
import signal
import threading
from datetime import UTC, datetime

import pytest

from etl.domain import ACTIONS, CRYPTO_1D, MACRO, SERIES_METADATA, Bar, Limits, Observation
from etl.errors import FolderUnusable
from etl.providers import PROVIDERS
from etl.providers.parsing import newest
from etl.raw import store as lake_module
from etl.runtime.clock import Clock, Stopped
from tests.extract.workbench import KEYS, NOW, Bench, made_up, task

BURST = (
    "Thank you for using Alpha Vantage! Please consider spreading out your free API requests more sparingly (1 request "
    "per second). You may subscribe to any of the premium plans to lift the free key rate limit (25 requests per day)"
)
CAP = "We have detected your API key as {key} and our standard API rate limit is 25 requests per day. Please subscribe."


@pytest.fixture
def bench(tmp_path):
    """Makes benches, and closes them at the end."""
    made = []

    def make(upstream=made_up, **options):
        made.append(Bench(tmp_path, upstream, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


def alpha_vantage(*answers):
    left = list(answers)

    def answer(url):
        if "alphavantage" not in url or not left:
            return made_up(url)
        said = left.pop(0)
        return (200, {}, json.dumps({"Information": said}).encode()) if isinstance(said, str) else said

    return answer


def always(status, body=b"", **headers):
    return lambda _url: (status, {name.replace("_", "-"): value for name, value in headers.items()}, body)


def test_an_answer_is_kept_with_its_request_and_counted(bench):
    """The sidecar names the request without its key, and leads to the body."""
    outcome = (one := bench()).run([task("SPY", "alpha_vantage")])
    assert outcome.line == "1 of 1 due datasets answered"
    assert outcome.undone == ()
    assert one.verdicts() == [("alpha_vantage", "SPY", "ok")]
    ((sequence, path),) = one.lake.sequences()
    kept = one.lake.open(path)
    assert (kept.sequence, sequence, kept.run_id, kept.status) == (1, 1, "run-1", 200)
    assert "CANARY" not in path.read_text()
    assert "CANARY" in one.sent[0]
    good = one.ledger.last_good("equity_daily", "SPY")["alpha_vantage"]
    assert good.newest_at == datetime(2025, 10, 31, tzinfo=UTC)


def test_a_request_is_written_down_before_it_is_sent(bench):
    """What the wire sees stands in the ledger already."""
    seen = []

    def answer(url):
        seen.append(one.state.rows("select sequence, provider, verdict from requests"))
        return made_up(url)

    one = bench(answer)
    one.run([task("SPY", "alpha_vantage")])
    assert seen == [[(1, "alpha_vantage", None)]]


def test_requests_of_one_provider_keep_its_spacing(bench):
    """1.1 s between Alpha Vantage's."""
    one = bench()
    one.run([task(symbol, "alpha_vantage") for symbol in ("SPY", "QQQ", "IWM")])
    assert one.waits() == pytest.approx([1.1, 1.1])


# again


@pytest.mark.parametrize("status", [500, 502, 503, 504, 302])
def test_a_provider_that_is_down_is_asked_again_after_growing_waits(bench, status):
    """Twice more, after one second and two, a tenth longer at most; each attempt is counted."""
    one = bench(alpha_vantage((status, {}, b"trouble"), (status, {}, b"trouble"))).unpaced()
    assert one.run([task("SPY", "alpha_vantage")]).undone == ()
    first, second = one.waits()
    assert 1.0 <= first <= 1.1
    assert 2.0 <= second <= 2.2
    assert [verdict for *_, verdict in one.verdicts()] == ["ProviderDown", "ProviderDown", "ok"]
    assert len(one.lake.sequences()) == 3


def test_after_three_attempts_the_next_provider_is_asked(bench):
    """The run is partial, and says of whom and what was done instead."""
    down = (503, {}, b"")
    one = bench(alpha_vantage(down, down, down)).unpaced()
    outcome = one.run([task("SPY", "alpha_vantage", "yahoo", "twelve_data")])
    assert outcome.undone == ("Alpha Vantage answered with HTTP 503 (SPY); yahoo was asked instead",)
    assert outcome.details["answered"] == 1
    assert outcome.details["unanswered"] == []
    assert [provider for provider, *_ in one.verdicts()] == ["alpha_vantage"] * 3 + ["yahoo"]


def test_a_retry_after_is_heeded(bench):
    """Binance says seven seconds: the next request of any lane waits for them."""
    replies = [(429, {"Retry-After": "7"}, b"{}")]
    one = bench(lambda url: replies.pop() if replies else made_up(url)).unpaced()
    since = datetime(2025, 10, 1, tzinfo=UTC)
    assert one.run([task("BTCUSDT", "binance", dataset=CRYPTO_1D, since=since)]).undone == ()
    assert 7.0 <= sum(one.waits()) <= 7.8


def test_a_burst_waits_two_seconds_and_is_no_refusal(bench):
    """Its text speaks of the day's limit and of premium plans, and means neither."""
    one = bench(alpha_vantage(BURST)).unpaced()
    assert one.run([task("SPY", "alpha_vantage", "yahoo")]).undone == ()
    assert 2.0 <= sum(one.waits()) <= 2.3
    assert [(p, v) for p, _, v in one.verdicts()] == [("alpha_vantage", "RateLimited"), ("alpha_vantage", "ok")]


def test_without_a_retry_after_the_wait_is_the_providers_own(bench):
    """FRED's 429 names no time: 20 seconds, then 40."""
    replies = [(429, {}, b"{}"), (429, {}, b"{}")]
    one = bench(lambda url: replies.pop() if replies else made_up(url)).unpaced()
    assert one.run([task("DGS10", "fred", dataset=MACRO)]).undone == ()
    first, second = one.waits()
    assert 20 <= first <= 22
    assert 40 <= second <= 44


def test_a_ban_of_an_hour_is_left_to_the_next_run(bench):
    """Nobody waits for it: not the request that met it, nor the ones after it."""
    one = bench(always(418, b"{}", Retry_After="3600")).unpaced()
    outcome = one.run([task(s, "binance", dataset="order_book") for s in ("BTCUSDT", "ETHUSDT", "BNBUSDT")])
    assert one.waits() == []
    assert len(one.sent) <= PROVIDERS["binance"].limits.parallel
    assert all("left to" in line for line in outcome.undone)


# refusals


def test_a_spent_day_stops_one_provider_and_its_stand_in_goes_on(bench):
    """One request meets the cap; Alpha Vantage is not asked again in this run nor in the next one of this day."""
    one = bench(alpha_vantage(CAP.format(key="CANARYALPHAVANTAGE"))).unpaced()
    tasks = [task(symbol, "alpha_vantage", "yahoo") for symbol in ("SPY", "QQQ", "IWM")]
    outcome = one.run(tasks)
    assert len([url for url in one.sent if "alphavantage" in url]) == 1
    assert outcome.details["answered"] == 3
    assert outcome.undone == (
        "Alpha Vantage's requests of the day are spent (SPY); yahoo was asked instead",
        "alpha_vantage: the provider says that its day is spent; the day ends at midnight US/Eastern (IWM, QQQ); "
        "yahoo was asked instead",
    )
    one.run(tasks, "run-2")
    assert len([url for url in one.sent if "alphavantage" in url]) == 1
    sources = {json.loads(path.read_text())["provider"] for _, path in one.lake.sequences()}
    assert sources == {"alpha_vantage", "yahoo"}
    assert b"CANARY" not in b"".join(one.lake.open(path).body for _, path in one.lake.sequences())


def test_when_our_own_count_is_spent_nothing_more_is_sent(bench):
    """The 26th call of the day is not made."""
    one = bench(limits={"alpha_vantage": Limits(per_day=2, day_zone="US/Eastern")})
    outcome = one.run([task(symbol, "alpha_vantage") for symbol in ("SPY", "QQQ", "IWM")])
    assert len(one.sent) == 2
    assert outcome.undone == (
        "alpha_vantage: 2 of 2 calls are used; the day ends at midnight US/Eastern (IWM); "
        "nobody stands in; the last good value stays",
    )
    assert outcome.details["kinds"] == ["LedgerQuotaExhausted"]
    assert outcome.details["unanswered"] == ["equity_daily IWM"]


def test_a_wrong_key_is_refused_once_and_not_asked_again(bench):
    """Every other request of this run would be refused as well."""
    body = b'{"error_code":400,"error_message":"Bad Request.  The value for variable api_key is not registered."}'
    one = bench(lambda url: (400, {}, body) if "api.stlouisfed" in url else made_up(url)).unpaced()
    outcome = one.run([task(series, "fred", "fred_graph", dataset=MACRO) for series in ("DGS10", "DGS2", "SP500")])
    assert len([url for url in one.sent if "api.stlouisfed" in url]) == 1
    assert outcome.undone[0].startswith("FRED does not accept the key; see FRED_API_KEY (DGS10, DGS2, SP500); fred_")
    assert outcome.details["answered"] == 3


def test_alpha_vantages_demo_key_is_a_wrong_key(bench, monkeypatch):
    """Its refusal names the key, which is redacted before the refusal is read."""
    monkeypatch.setitem(KEYS, "ALPHA_VANTAGE_API_KEY", type(KEYS["FRED_API_KEY"])("demo"))
    text = "The **demo** API key is for demo purposes only. Please claim your free API key at (https://x) to explore."
    one = bench(alpha_vantage(text, text)).unpaced()
    outcome = one.run([task("SPY", "alpha_vantage"), task("QQQ", "alpha_vantage")])
    said = "Alpha Vantage does not accept the key; see ALPHA_VANTAGE_API_KEY (QQQ, SPY); nobody stands in; "
    assert outcome.undone == (f"{said}the last good value stays",)


def test_an_error_body_with_status_200_is_kept_and_is_no_data(bench):
    """Its verdict is not `ok`, so that the symbol stays due."""
    one = bench(alpha_vantage("Thank you! This is a premium endpoint.")).unpaced()
    one.run([task("SPY", "alpha_vantage")])
    assert one.verdicts() == [("alpha_vantage", "SPY", "ProviderRefused")]
    assert len(one.lake.sequences()) == 1
    assert one.ledger.last_good("equity_daily", "SPY") == {}


def test_metadata_that_fails_makes_no_run_partial(bench):
    """A series' units may wait for the next run."""
    outcome = bench(always(404, b"{}")).unpaced().run([task("DGS10", "fred", dataset=SERIES_METADATA)])
    assert outcome.undone == ()
    assert outcome.details["answered"] == 0


def test_many_symbols_are_named_in_short(bench):
    """Five, and how many more."""
    one = bench(always(500), attempts=1).unpaced()
    symbols = ["AAPL", "AGG", "BIL", "DBC", "EWJ", "EZU", "FXI", "GLD"]
    (line,) = one.run([task(symbol, "yahoo") for symbol in symbols]).undone
    assert line.startswith("Yahoo Finance answered with HTTP 500 (AAPL, AGG, BIL, DBC, EWJ and 3 more); nobody")


def test_pages_that_come_after_a_failed_one_are_not_asked_for(bench):
    """A hole in the middle would look like progress."""
    one = bench(alpha_vantage("premium", "premium")).unpaced()
    one.run([task("SPY", "alpha_vantage", dataset=ACTIONS)])
    assert len(one.sent) == 1


# what ends a run


def test_a_full_disk_ends_the_run(bench, monkeypatch):
    """Nothing is asked that cannot be kept; what was sent is counted."""
    one = bench().unpaced()

    def full(path, _data):
        raise FolderUnusable(f"{path.parent}: the disk is full; nothing that was there is lost")

    monkeypatch.setattr(lake_module, "write_whole", full)
    with pytest.raises(FolderUnusable, match="the disk is full"):
        one.run([task(symbol, "yahoo") for symbol in ("SPY", "QQQ", "IWM")])
    assert len(one.sent) == 1
    assert one.verdicts() == [("yahoo", "SPY", None)]


def test_an_unexpected_error_in_a_lane_comes_to_the_surface(bench):
    """A bug crashes with its traceback, wherever it happens."""

    def broken(_url):
        raise ZeroDivisionError("a bug")

    with pytest.raises(ZeroDivisionError, match="a bug"):
        bench(broken).run([task("SPY", "yahoo"), task("DGS10", "fred", dataset=MACRO)])


def test_ctrl_c_keeps_what_had_come_and_ends_every_wait(bench):
    """The request in flight is kept, the pages and symbols after it are not asked for."""

    pressed = threading.Lock()

    def answer(url):
        if len(one.sent) >= 3:
            threading.Event().wait(0.3)  # every lane has begun
            if pressed.acquire(blocking=False):
                os.kill(os.getpid(), signal.SIGINT)
                threading.Event().wait(0.3)
        return made_up(url)

    one = bench(answer, clock=Clock(NOW)).unpaced()
    minutes = datetime(2025, 10, 25, tzinfo=UTC)
    with pytest.raises(Stopped, match="the answers that had come are kept"):
        one.run([task("BTCUSDT", "binance", dataset="crypto_1m", since=minutes)] * 4)
    assert len(one.sent) <= 4 + 2 * PROVIDERS["binance"].limits.parallel
    assert [v for *_, v in one.verdicts()].count("ok") == len(one.lake.sequences()) == len(one.sent)
    assert [thread for thread in threading.enumerate() if thread.name.startswith("binance")] == []


def test_the_newest_row_is_not_one_of_the_future():
    """A row dated 2035 would keep its symbol from being asked for ten years."""
    bars = [Bar("SPY", "1d", datetime(year, 1, 2, tzinfo=UTC).date(), 1.0, 1.0, 1.0, 1.0, 1.0) for year in (2025, 2035)]
    assert newest(bars, NOW) == datetime(2025, 1, 2, tzinfo=UTC)
    assert newest([Observation("DGS10", NOW.date(), None)], NOW) is None
    assert newest([], NOW) is None


def test_nothing_due_is_nothing_asked(bench):
    """And it is said."""
    assert bench().run([]).line == "everything is fresh; nothing asked"
