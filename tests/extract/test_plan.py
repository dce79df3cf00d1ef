"""plan: what the next run would ask of whom and what that costs; nothing is sent."""

from dataclasses import replace
from datetime import UTC, datetime

from etl.domain import CRYPTO_1M, EQUITY_HISTORY, MACRO
from etl.extract import plan
from etl.providers import PROVIDERS
from tests.extract.workbench import task

NOW = datetime(2025, 11, 1, 3, 43, tzinfo=UTC)
LIMITS = {name: provider.limits for name, provider in PROVIDERS.items()}
TASKS = [
    *(task(symbol, "alpha_vantage", "yahoo") for symbol in ("SPY", "QQQ", "IWM")),
    task("SPY", "yahoo", dataset=EQUITY_HISTORY),
    task("DGS10", "fred", dataset=MACRO),
    task("BTCUSDT", "binance", dataset=CRYPTO_1M, since=datetime(2025, 10, 30, 3, 43, tzinfo=UTC)),
]


def planned(used=0, keyless=(), tasks=TASKS, limits=LIMITS):
    """The rows by provider."""
    rows = plan.price_tasks(
        tasks,
        providers=PROVIDERS,
        limits=limits,
        used_today=lambda name, limit: used if name == "alpha_vantage" else 0,
        has_key=lambda name: name not in keyless,
        now=NOW,
    )
    return {row["provider"]: row for row in rows}, plan.lines(rows)


def test_each_provider_has_a_row_with_its_calls_by_dataset():
    """2881 minutes of Binance are three pages."""
    rows, _ = planned()
    assert set(rows) == set(PROVIDERS)
    assert (rows["alpha_vantage"]["requests"], rows["alpha_vantage"]["datasets"]) == (3, {"equity_daily": 3})
    assert rows["binance"]["requests"] == 3
    assert rows["alpha_vantage"]["symbols"] == ["IWM", "QQQ", "SPY"]
    assert rows["twelve_data"]["requests"] == 0


def test_time_is_the_calls_at_their_spacing():
    """Lanes run side by side: the longest one counts."""
    rows, lines = planned()
    assert rows["alpha_vantage"]["seconds"] == 3.3
    assert lines[-1].strip() == "side by side about 3.3 s"


def test_what_is_left_today_and_what_has_to_wait():
    """24 of 25 are used: two of three calls are for another day."""
    rows, lines = planned(used=24)
    row = rows["alpha_vantage"]
    assert (row["used_today"], row["left_today"], row["later"]) == (24, 1, 2)
    (line,) = [line for line in lines if "alpha_vantage" in line]
    assert line.strip().startswith("alpha_vantage     3 calls, 3.3 s: 3 equity_daily; 24 of 25 calls used today; ")
    assert line.endswith("2 calls have to wait for another day")


def test_a_provider_without_a_daily_limit_has_none_left_to_count():
    """None, and not zero."""
    rows, _ = planned()
    assert (rows["yahoo"]["per_day"], rows["yahoo"]["left_today"], rows["yahoo"]["later"]) == (None, None, 0)


def test_a_day_that_is_overspent_has_nothing_left():
    """A limit that was lowered."""
    rows, _ = planned(used=30, limits={**LIMITS, "alpha_vantage": replace(LIMITS["alpha_vantage"], per_day=20)})
    assert (rows["alpha_vantage"]["left_today"], rows["alpha_vantage"]["later"]) == (0, 3)


def test_a_provider_without_its_key_is_said_to_be_skipped():
    """And which one has nothing to do."""
    _, lines = planned(keyless=("fred",), tasks=TASKS[:3])
    assert any("fred" in line and "skipped: its key is not set" in line for line in lines)
    assert any("binance" in line and "nothing due" in line for line in lines)
