"""extract against the stand-in of ../shared/upstream: its limits, its faults, one by one; skipped where it is not."""

import time
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from etl.domain import CRYPTO_1D, CRYPTO_1M, MACRO, Bar
from etl.providers import PROVIDERS
from etl.runtime.clock import Clock
from tests.extract.workbench import KEYS, NOW, Bench, task

SINCE = NOW - timedelta(days=20)
# one want of each provider, with a fault in mind
WANTS = {
    "alpha_vantage": task("SPY", "alpha_vantage"),
    "fred": task("DGS10", "fred", dataset=MACRO, since=SINCE),
    "fred_graph": task("DGS10", "fred_graph", dataset=MACRO, since=SINCE),
    "binance": task("BTCUSDT", "binance", dataset=CRYPTO_1D, since=SINCE),
    "binance_archive": task("L0001USDT", "binance_archive", dataset=CRYPTO_1M, since=NOW - timedelta(days=1.5)),
    "yahoo": task("SPY", "yahoo"),
    "twelve_data": task("SPY", "twelve_data"),
}


@pytest.fixture(scope="module")
def running(start_upstream):
    """One stand-in for this file, without limits in real time: the waits of these tests are noted, not waited."""
    return start_upstream("--fault-timeout", "1.2", "--av-spacing", "0", "--fred-per-second", "1000")


@pytest.fixture
def stand_in(running):
    """Without faults, its counts at nothing."""
    running.faults()
    running.reset()
    return running


@pytest.fixture
def bench(tmp_path, stand_in):
    """The wire to the stand-in; waits are noted and not waited."""
    urls = {name: url for name, url in stand_in.env.items() if name.endswith("_BASE_URL")}
    opened = Bench(tmp_path, base_urls=urls)
    opened.limits = {name: replace(provider.limits, timeout_s=0.6) for name, provider in PROVIDERS.items()}
    yield opened
    opened.close()


def kept(bench: Bench) -> bytes:
    """Every byte on disk."""
    return b"".join(path.read_bytes() for path in bench.folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("name", list(WANTS))
def test_every_provider_of_the_stand_in_is_answered_with_real_rows(bench, stand_in, name):
    """One request, one answer, one verdict, a file of the archive with its checksum; others have their cassettes."""
    answers = 2 if name == "binance_archive" else 1
    assert bench.run([WANTS[name]]).undone == ()
    assert stand_in.verdicts() == ["ok"] * answers
    assert [verdict for *_, verdict in bench.verdicts()] == ["ok"] * answers


def test_a_file_with_a_bad_checksum_is_kept_and_never_read(bench, stand_in):
    """Its request ends as unreadable, so that no span of it counts as held."""
    stand_in.faults({"provider": "binance_archive", "kind": "bad_checksum"})
    (line,) = bench.run([WANTS["binance_archive"]]).undone
    assert "CHECKSUM says" in line
    assert "fault:bad_checksum" in stand_in.verdicts()
    assert [verdict for *_, verdict in bench.verdicts()] == ["ok", "ResponseUnreadable"]
    assert len(bench.lake.sequences()) == 2


@pytest.mark.parametrize("name", ["alpha_vantage", "binance", "yahoo"])
@pytest.mark.parametrize("kind", ["http_500", "http_503_html", "http_504", "timeout", "reset", "truncate", "bad_gzip"])
def test_a_passing_fault_is_asked_again(bench, stand_in, name, kind):
    """The second attempt is answered; both are counted."""
    stand_in.faults({"provider": name, "kind": kind})
    assert bench.run([WANTS[name]]).undone == ()
    if kind == "timeout":
        time.sleep(1.0)  # the stand-in writes down what it hung on when it has hung
    assert sorted(stand_in.verdicts()) == [f"fault:{kind}", "ok"]
    assert [verdict for *_, verdict in bench.verdicts()] == ["ProviderDown", "ok"]
    assert 1.0 <= max(bench.waits()) <= 1.2


@pytest.mark.parametrize("kind", ["garbage", "html_200", "empty_body", "empty_object", "huge", "wrong_symbol"])
def test_an_answer_that_is_no_data_goes_to_the_stand_in(bench, stand_in, kind):
    """It is not asked for again at the same place, and no row of it is counted."""
    stand_in.faults({"provider": "alpha_vantage", "kind": kind})
    outcome = bench.run([task("SPY", "alpha_vantage", "yahoo")])
    assert stand_in.verdicts() == [f"fault:{kind}", "ok"]
    assert [(p, v) for p, _, v in bench.verdicts()] == [("alpha_vantage", "ResponseUnreadable"), ("yahoo", "ok")]
    (line,) = outcome.undone
    assert line.endswith("(SPY); yahoo was asked instead")


def test_a_burst_is_waited_out(bench, stand_in):
    """Alpha Vantage's own limit, met because somebody else uses the key."""
    stand_in.faults({"provider": "alpha_vantage", "kind": "burst"})
    assert bench.run([WANTS["alpha_vantage"]]).undone == ()
    assert stand_in.verdicts()[0] == "fault:burst"
    assert sum(bench.waits()) >= 2.0


def test_a_retry_after_of_the_server_is_heeded(bench, stand_in):
    """`Retry-After: 2` of a 429."""
    stand_in.faults({"provider": "binance", "kind": "http_429"})
    assert bench.run([WANTS["binance"]]).undone == ()
    assert stand_in.verdicts() == ["fault:http_429", "ok"]
    assert 2.0 <= sum(bench.waits()) <= 2.3


def test_the_daily_cap_stops_alpha_vantage_and_yahoo_stands_in(bench, stand_in):
    """Its body echoes the key: nothing on disk holds it, and the sidecars say who answered."""
    stand_in.faults({"provider": "alpha_vantage", "kind": "daily_cap", "times": -1})
    tasks = [task(symbol, "alpha_vantage", "yahoo") for symbol in ("SPY", "QQQ", "IWM", "TLT")]
    outcome = bench.run(tasks)
    assert stand_in.verdicts().count("fault:daily_cap") == 1
    assert outcome.details["answered"] == 4
    assert KEYS["ALPHA_VANTAGE_API_KEY"].get_secret_value().encode() not in kept(bench)
    assert [p for p, _, v in bench.verdicts() if v == "ok"] == ["yahoo"] * 4


def test_the_own_count_keeps_within_the_day_of_the_server(bench, stand_in):
    """27 symbols: 25 are sent, the server never says that its day is spent, and two are for the stand-in."""
    outcome = bench.run([task(f"L{n:04}", "alpha_vantage", "yahoo") for n in range(1, 28)])
    asked = [entry for entry in stand_in.log() if entry["provider"] == "alpha_vantage"]
    assert [entry["verdict"] for entry in asked] == ["ok"] * 25
    assert "limit:day" not in stand_in.verdicts()
    assert any("25 of 25 calls are used" in line for line in outcome.undone)


def test_a_wrong_key_is_refused_once(bench, stand_in):
    """And the keyless graph stands in for all of it."""
    stand_in.faults({"provider": "fred", "kind": "http_401", "times": -1})
    outcome = bench.run([task(series, "fred", "fred_graph", dataset=MACRO) for series in ("DGS10", "DGS2", "UNRATE")])
    assert stand_in.verdicts().count("fault:http_401") == 1
    assert outcome.details["answered"] == 3
    assert KEYS["FRED_API_KEY"].get_secret_value().encode() not in kept(bench)


def test_a_redirect_does_not_take_the_key_elsewhere(bench, stand_in):
    """It is a provider that is down; the place that it names is not asked, and its address with the key is not kept."""
    stand_in.faults({"provider": "alpha_vantage", "kind": "redirect", "times": -1})
    outcome = bench.run([WANTS["alpha_vantage"]])
    assert stand_in.verdicts() == ["fault:redirect"] * 3
    assert "HTTP 302 (SPY)" in outcome.undone[0]
    assert b"elsewhere" not in kept(bench)


def test_true_limits_are_kept_by_true_waits(tmp_path, start_upstream):
    """Alpha Vantage at 1.1 s and FRED at 0.55 s, side by side: the stand-in counts in real time and refuses nothing."""
    strict = start_upstream()
    urls = {name: url for name, url in strict.env.items() if name.endswith("_BASE_URL")}
    bench = Bench(tmp_path, base_urls=urls, clock=Clock(NOW))
    started = time.monotonic()
    tasks = [task(s, "alpha_vantage") for s in ("SPY", "QQQ", "IWM", "TLT")]
    tasks += [task(s, "fred", dataset=MACRO, since=SINCE) for s in ("DGS10", "DGS2", "SP500", "UNRATE", "VIXCLS")]
    assert bench.run(tasks).undone == ()
    assert time.monotonic() - started >= 3.3
    bench.close()
    assert set(strict.verdicts()) == {"ok"}
    for provider, spacing_s in (("alpha_vantage", 1.1), ("fred", 0.55)):
        times = [entry["t"] for entry in strict.log() if entry["provider"] == provider]
        assert min(later - earlier for earlier, later in pairwise(times)) >= spacing_s - 0.05


@pytest.mark.parametrize("name", ["alpha_vantage", "binance", "yahoo", "twelve_data"])
def test_a_bad_row_is_still_an_answer(bench, stand_in, name):
    """Transform refuses it with its reason; the rest of the answer counts."""
    stand_in.faults({"provider": name, "kind": "high_below_low"})
    assert bench.run([WANTS[name]]).undone == ()
    assert stand_in.verdicts() == ["fault:high_below_low"]
    answer = bench.lake.open(bench.lake.sequences()[0][1])
    bars = [row for row in PROVIDERS[name].parse(answer) if isinstance(row, Bar)]
    assert any((bar.high or 0) < (bar.low or 0) for bar in bars)
    good = next(iter(bench.ledger.last_good(WANTS[name].want.dataset, WANTS[name].want.symbol).values()))
    assert good.newest_at is not None
    assert good.newest_at >= datetime(2025, 10, 30, tzinfo=NOW.tzinfo)


def test_a_provider_that_nobody_finds_is_given_up_for_the_run(bench, stand_in):
    """Two wants of three attempts each; the other symbols go to the stand-in at once, and the run ends soon."""
    stand_in.faults({"provider": "alpha_vantage", "kind": "http_503_html", "times": -1})
    outcome = bench.run([task(symbol, "alpha_vantage", "yahoo") for symbol in ("SPY", "QQQ", "IWM", "TLT", "GLD")])
    assert stand_in.verdicts().count("fault:http_503_html") == 6
    assert outcome.details["answered"] == 5
    assert outcome.undone == (
        "Alpha Vantage answered with HTTP 503 (GLD, IWM, QQQ, SPY, TLT); yahoo was asked instead",
    )
