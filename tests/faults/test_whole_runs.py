"""Whole runs in which things go wrong: what is published then, and what the next run makes of it."""

import json
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from etl.domain import EQUITY_DAILY, Bar
from etl.extract.selection import Selection
from etl.providers.parsing import newest
from tests.conftest import Mfo, Upstream
from tests.extract.workbench import NOW as AT
from tests.extract.workbench import Bench, made_up, task
from tests.faults.folders import KEYS, ROUTES, SmallFolder, choice_of

# kind -> why a row of it is refused; empty where none is
SPOILT = {
    "nan_values": "close is missing or not a number",
    "negative_price": "close is -1",
    "high_below_low": "do not hold open",
    "future_row": "dated in the future",
    "missing_field": "close is missing or not a number",
    "duplicate_rows": "",
    "unsorted_rows": "",
    "extra_field": "",
}
FAST = ("alpha_vantage", "yahoo", "twelve_data", "fred", "fred_graph")
SAME_EVENING, AFTER_MIDNIGHT = "2025-11-01T03:58:00Z", "2025-11-01T04:05:00Z"  # 23:58 and 00:05 in New York
BARS = "select * exclude (sequence, fetched_at, sha256, published_at) from lake.bars order by all"
VALUES = "select * exclude (sequence, fetched_at, sha256, published_at) from lake.observations order by all"
DAYS = "select symbol, trade_date, close from marts.daily_prices order by all"


@pytest.fixture(scope="module")
def without_faults(base_urls: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> SmallFolder:
    """What a run publishes when nothing goes wrong."""
    folder = SmallFolder(tmp_path_factory.mktemp("clean") / "data", base_urls)
    assert folder.daily() == 0
    return folder


@pytest.mark.parametrize("kind", SPOILT)
def test_spoilt_rows_at_every_provider_at_once_stay_out_of_the_warehouse(
    kind: str, without_faults: SmallFolder, tmp_path: Path, base_urls: dict[str, str], upstream: Upstream
) -> None:
    """
    Every answer of the run has one bad row: it is published without them, and says so.

    No row that a clean run has not; what it lacks is what was refused, with its reason and the answer in the lake.
    """
    upstream.faults({"kind": kind, "times": -1})
    here = SmallFolder(tmp_path / "data", base_urls)
    assert here.daily() == (3 if kind == "missing_field" else 0)  # without a column, Yahoo's chart is unreadable
    heard = {(e["provider"], e["verdict"]) for e in upstream.log()}
    assert heard >= {("binance", f"fault:{kind}"), ("yahoo", f"fault:{kind}")}
    for sql in (BARS, VALUES):
        expected, found = without_faults.published(sql), here.published(sql)
        if kind != "missing_field":
            assert [row for row in found if row not in expected] == []
        assert len(set(found)) == len(found)
    wrong = "select 1 from marts.daily_prices where not (low > 0 and high >= low and isfinite(close)) or close is null"
    assert here.published(wrong) == []
    assert here.published("select 1 from marts.daily_prices where trade_date > date '2025-10-31'") == []
    refused = here.published("select source, dataset, reason from lake.refused_rows")
    assert any(SPOILT[kind] in reason for *_, reason in refused) == bool(SPOILT[kind])
    assert here.published("select 1 from lake.refused_rows anti join lake.answers using (sha256)") == []
    said = "select sum(failed_rows) from marts.data_quality where check_name like 'refused_rows__%'"
    assert (here.published(said)[0][0] or 0) == len(refused)
    assert_days_are_held_by_a_second_source(kind, here, without_faults)


def assert_days_are_held_by_a_second_source(kind: str, here: SmallFolder, without_faults: SmallFolder) -> None:
    """The day that one source spoilt is there from the other: no day of an equity is lost, and no close is another."""
    expected = {(symbol, day): close for symbol, day, close in without_faults.published(DAYS)}
    found = {(symbol, day): close for symbol, day, close in here.published(DAYS)}
    assert [key for key in expected if key not in found and key[0] != "BTCUSDT" and kind != "missing_field"] == []
    assert {key: close for key, close in found.items() if expected[key] != pytest.approx(close, rel=1e-4)} == {}


def test_a_spent_day_is_over_until_its_midnight(tmp_path: Path, base_urls: dict[str, str], upstream: Upstream) -> None:
    """
    Alpha Vantage says that the day is spent: one call, none more in this run nor in the next of the same evening.

    That one is partial too: what was left out for quota is said.

    After midnight in New York it is asked again, and its rows win over those of who stood in.
    """
    upstream.faults({"provider": "alpha_vantage", "kind": "daily_cap"})
    here = SmallFolder(tmp_path / "data", base_urls)
    assert here.daily() == 3
    source = "select distinct source from marts.daily_prices where symbol = 'SPY' and trade_date = '2025-10-31'"
    assert (asked_of_alpha_vantage(upstream), here.published(source)) == (["fault:daily_cap"], [("yahoo",)])
    here.now = SAME_EVENING
    upstream.now(SAME_EVENING)
    assert here.daily(Selection(force=True)) == 3
    assert asked_of_alpha_vantage(upstream) == ["fault:daily_cap"]
    here.now = AFTER_MIDNIGHT
    upstream.now(AFTER_MIDNIGHT)
    assert here.daily(Selection(force=True)) == 0
    assert asked_of_alpha_vantage(upstream) == ["fault:daily_cap", "ok", "ok"]
    assert here.published(source) == [("alpha_vantage",)]
    assert here.files_with_a_key() == []


def asked_of_alpha_vantage(upstream: Upstream) -> list[str]:
    """The verdicts of its requests, in order."""
    return [entry["verdict"] for entry in upstream.log() if entry["provider"] == "alpha_vantage"]


@pytest.fixture
def elsewhere() -> Iterator[socket.socket]:
    """A listener where the stand-in's redirects point to; only root may open it."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", 9))
        except OSError as error:
            pytest.skip(f"cannot listen on port 9, where the redirects point to: {error}")
        listener.listen()
        listener.setblocking(False)
        yield listener


@pytest.mark.parametrize("provider", ["alpha_vantage", "fred", "twelve_data"])
def test_a_redirect_takes_no_key_to_another_host(
    provider: str, elsewhere: socket.socket, folder: Callable[..., SmallFolder], upstream: Upstream
) -> None:
    """Its address, with the key in it, is neither visited nor kept."""
    upstream.faults({"provider": provider, "kind": "redirect", "times": -1})
    here = folder(provider)
    assert here.fetch(choice_of(ROUTES[provider])) == 3
    assert upstream.verdicts().count("fault:redirect") == 3
    with pytest.raises(BlockingIOError):
        elsewhere.accept()
    assert here.files_with_a_key() == []


def test_the_next_run_brings_what_was_refused(tmp_path: Path, base_urls: dict[str, str], upstream: Upstream) -> None:
    """A row that was spoilt once comes right with the next answer that holds it, as a version of its own."""
    upstream.faults(*({"provider": name, "kind": "nan_values"} for name in ("alpha_vantage", "yahoo", "fred")))
    here = SmallFolder(tmp_path / "data", base_urls)
    choice = Selection(datasets=frozenset({EQUITY_DAILY, "macro"}), force=True)
    assert here.fetch(choice) == 0
    refused = here.rows("refused_rows", 'source, symbol, "at"')
    assert len(refused) == 2  # Yahoo is not asked for the last days
    here.now = AFTER_MIDNIGHT
    upstream.now(AFTER_MIDNIGHT)
    assert here.fetch(choice) == 0
    bars = here.rows("bars", "source, symbol, cast(opened_at as date)::varchar")
    values = here.rows("observations", "source, series_id, date::varchar")
    assert [row for row in refused if bars.count(row) + values.count(row) != 1] == []


def test_an_answer_without_one_true_row_goes_to_the_stand_in(tmp_path: Path) -> None:
    """All prices are zero: it is no answer, the next provider is asked, and each row is refused with its reason."""

    def zeros(url: str) -> tuple[int, dict[str, str], bytes]:
        status, headers, body = made_up(url)
        if "alphavantage" in url:
            answer = json.loads(body)
            days = answer["Time Series (Daily)"]
            answer["Time Series (Daily)"] = {day: dict.fromkeys(row, "0.0000") for day, row in days.items()}
            body = json.dumps(answer).encode()
        return status, headers, body

    bench = Bench(tmp_path, zeros)
    try:
        outcome = bench.run([task("SPY", "alpha_vantage", "yahoo")])
        assert [(p, v) for p, _, v in bench.verdicts()] == [("alpha_vantage", "ResponseUnreadable"), ("yahoo", "ok")]
        assert "none of the 100 rows of equity_daily of SPY can be true" in outcome.undone[0]
    finally:
        bench.close()


def test_a_row_that_will_be_refused_moves_no_cursor() -> None:
    """The newest candle has no close: it counts as not answered, so that it is asked for again."""
    days = [AT.replace(day=day, hour=0, minute=0, month=10) for day in (29, 30)]
    good, bad = (Bar("BTCUSDT", "1d", at, 5.0, 6.0, 4.0, c, 1.0) for at, c in zip(days, (5.0, None), strict=True))
    assert newest([good, bad], AT) == days[0]
    assert newest([bad], AT) is None


@pytest.fixture
def command(tmp_path: Path, upstream: Upstream) -> Mfo:
    """The command as a user starts it, with the small universe in its mfo.toml."""
    config = tmp_path / "mfo.toml"
    limits = "\n".join(f"[limits.{name}]\nspacing_s = 0\ntimeout_s = 8" for name in FAST)
    config.write_text(
        f'{limits}\n[universe]\nstocks = []\nseries = ["SP500"]\n[universe.regions]\nUSA = ["SPY"]\n'
        '[universe.asset_classes]\nCash = ["BIL"]\n[extract]\nattempts = 1\nhistory_from = 2025-08-01\n'
    )
    env = {name: value for name, value in upstream.env.items() if name != "OPENAI_BASE_URL"}
    return Mfo(tmp_path / "data", {**env, **KEYS, "MFO_CONFIG": str(config)})


def last_line(said: Any) -> str:
    """What a user reads last on stderr."""
    return str(said.err.strip().splitlines()[-1])


def test_the_command_says_in_its_exit_code_what_went_wrong(command: Mfo, upstream: Upstream) -> None:
    """
    All is well: 0. Every provider down the day after: 69; nothing of theirs can be read: 65; one is: 3.

    What was published stands through both, byte for byte, and no key is said.
    """
    said = [command("run-daily", "--no-llm")]
    assert said[0].code == 0, said[0].err
    published = (command.data_dir / "warehouse.duckdb").read_bytes()
    tomorrow = {"MFO_NOW": "2025-11-02T03:43:00Z"}
    for kind, code, words in (
        ("http_500", 69, "mfo: nothing published: no provider answered"),
        ("html_200", 65, "mfo: nothing published: no answer could be read"),
    ):
        upstream.faults({"kind": kind, "times": -1})
        said.append(command("run-daily", "--no-llm", "--force", **tomorrow))
        assert said[-1].code == code, said[-1].err
        assert last_line(said[-1]).startswith(words)
        assert (command.data_dir / "warehouse.duckdb").read_bytes() == published
        assert f"fault:{kind}" in upstream.verdicts()
    upstream.faults({"provider": "alpha_vantage", "kind": "key_echo", "times": -1})
    said.append(command("run-daily", "--no-llm", "--force", **tomorrow))
    assert said[-1].code == 3, said[-1].err
    assert [key for key in KEYS.values() for one in said if key in one.out + one.err] == []


def test_an_answer_of_60_mb_costs_no_memory_worth_speaking_of(command: Mfo, upstream: Upstream) -> None:
    """The process that met it needs little more than one that did not: the body is cut off at 50 MB and not kept."""

    def peak_mb(*arguments: str) -> float:
        process = command.start(*arguments)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        process.communicate()
        return used.ru_maxrss / 1024

    usual = peak_mb("extract", "--only", "alpha_vantage", "--symbol", "SPY", "--force")
    upstream.faults({"provider": "alpha_vantage", "kind": "huge", "times": -1})
    met = peak_mb("extract", "--only", "alpha_vantage", "--symbol", "SPY", "--force")
    assert "fault:huge" in upstream.verdicts()
    assert met < usual + 120
    assert sum(path.stat().st_size for path in command.data_dir.rglob("*") if path.is_file()) < 5_000_000
