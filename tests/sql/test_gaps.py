"""Gaps: expected by the calendar or the interval, suspected, asked for again, confirmed or filled."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.sql.conftest import AS_OF, Lake, naive, weekdays

HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)
FIRST = AS_OF.replace(hour=0, minute=0) - 10 * DAY
WAITS = (timedelta(), HOUR, 7 * HOUR, 31 * HOUR, 103 * HOUR)  # since the first answer: 1 h, 6 h, 1 day, 3 days apart


@pytest.fixture
def coins(lake: Lake) -> Lake:
    """Two coins and an equity."""
    lake.calendar(weekdays(10))
    lake.instruments({"SPY": "equity", "BTCUSDT": "crypto", "BNBUSDT": "crypto"})
    lake.publish()
    return lake


def minutes(lake: Lake, first: datetime, count: int, at: datetime, **more: Any) -> None:
    """An answer with so many minutes of BTCUSDT, known from `at`, that speaks of no more."""
    opened = [naive(first + i * MINUTE) for i in range(count)]
    kind: dict[str, Any] = {"interval": "1m", "kind": "crypto", "source": "binance"}
    lake.sequence = lake.cover("BTCUSDT", first, first + count * MINUTE, at) - 1
    lake.con.execute("delete from lake.answers where sequence = ?", [lake.sequence + 1])
    lake.bars("BTCUSDT", [], [1.0] * count, opened_at=opened, fetched_at=at, **kind, **more)
    run_id = f"run-{at.isoformat()}"
    lake.con.execute("update lake.answers set run_id = ? where sequence = ?", [run_id, lake.sequence])


def gaps(lake: Lake) -> list[dict[str, Any]]:
    """All gaps."""
    return lake.build("marts.gaps").rows("select * from gaps order by symbol, from_at")


def a_hole(lake: Lake, asked: tuple[timedelta, ...]) -> None:
    """Minutes 0 to 9 and 20 to 29 of BTCUSDT; each answer spoke of all thirty."""
    minutes(lake, FIRST, 10, FIRST + DAY)
    minutes(lake, FIRST + 20 * MINUTE, 10, FIRST + DAY)
    for after in asked:
        lake.cover("BTCUSDT", FIRST, FIRST + 30 * MINUTE, FIRST + DAY + after)


def test_a_symbol_that_was_answered_without_any_row_is_a_gap(coins: Lake) -> None:
    """BNBUSDT has no minute: all that was asked for is missing, and no longer a silence."""
    coins.cover("BNBUSDT", AS_OF - 2 * DAY, AS_OF - MINUTE, AS_OF - HOUR / 2)
    (gap,) = gaps(coins)
    assert (gap["dataset"], gap["symbol"], gap["missing"]) == ("crypto_1m", "BNBUSDT", 2879)
    assert (gap["from_at"], gap["to_at"]) == (naive(AS_OF - 2 * DAY), naive(AS_OF - MINUTE))
    assert (gap["state"], gap["asked_again"], gap["first_seen_at"]) == ("suspected", 0, naive(AS_OF - HOUR / 2))


def test_what_was_asked_for_from_before_the_listing_is_no_gap(coins: Lake) -> None:
    """The first bar of any length is the listing; what is missing after it is a gap."""
    minutes(coins, FIRST, 10, FIRST + DAY)
    coins.cover("BTCUSDT", FIRST - 100 * DAY, FIRST + 10 * MINUTE, FIRST + DAY)
    assert gaps(coins) == []
    coins.bars("BTCUSDT", [FIRST.date() - DAY], [1.0], kind="crypto", source="binance", fetched_at=FIRST + DAY)
    leading = next(gap for gap in gaps(coins) if gap["interval"] == "1m")
    assert (leading["from_at"], leading["missing"]) == (naive(FIRST - DAY), 1440)


def test_a_download_that_failed_is_no_evidence(coins: Lake) -> None:
    """A hole that no good answer spoke of is suspected, due at once, and never confirmed."""
    minutes(coins, FIRST, 10, FIRST + DAY)
    minutes(coins, FIRST + 20 * MINUTE, 10, FIRST + DAY)
    for day in range(2, 9):  # answers that stop short of it, on either side
        coins.cover("BTCUSDT", FIRST, FIRST + 15 * MINUTE, FIRST + day * DAY)
        coins.cover("BTCUSDT", FIRST + 15 * MINUTE, FIRST + 19 * MINUTE, FIRST + day * DAY)
    assert [(gap["missing"], gap["state"], gap["why"]) for gap in gaps(coins)] == [
        (9, "confirmed", "the source has no such bar"),
        (1, "suspected", "no good answer has spoken of it yet"),
    ]
    assert gaps(coins)[1]["ask_again_at"] == naive(AS_OF)


@pytest.mark.parametrize(
    ("asked", "state", "again", "due"),
    [
        (WAITS[:1], "suspected", 0, HOUR),
        (WAITS[:2], "suspected", 1, 7 * HOUR),
        (WAITS[:4], "suspected", 3, 103 * HOUR),
        (WAITS, "confirmed", 4, None),
        (tuple(n * HOUR / 4 for n in range(20)), "suspected", 1, 7 * HOUR),
        (tuple(n * DAY for n in range(6)), "suspected", 3, 6 * DAY),
        (tuple(n * DAY for n in range(7)), "confirmed", 4, None),
    ],
)
def test_a_gap_is_confirmed_by_five_answers_with_growing_waits(
    coins: Lake, asked: tuple[timedelta, ...], state: str, again: int, due: timedelta | None
) -> None:
    """1 h, 6 h, 1 day, 3 days apart; an answer that came sooner adds nothing, a later one counts as one."""
    a_hole(coins, asked)
    (gap,) = gaps(coins)
    assert (gap["missing"], gap["state"], gap["asked_again"]) == (10, state, again)
    assert (gap["first_seen_at"], gap["last_asked_at"]) == (naive(FIRST + DAY), naive(FIRST + DAY + asked[-1]))
    assert gap["ask_again_at"] == (None if due is None else naive(FIRST + DAY + due))


def test_answers_of_one_instant_are_one_ask(coins: Lake) -> None:
    """However many pages came together: their number says nothing of how often the source was asked."""
    a_hole(coins, WAITS[:1] * 9)
    (gap,) = gaps(coins)
    assert (gap["state"], gap["asked_again"], gap["ask_again_at"]) == ("suspected", 0, naive(FIRST + DAY + HOUR))


@pytest.mark.parametrize(("days", "is_due"), [(45, True), (46, False)])
def test_a_long_hole_that_nobody_asked_for_is_left_to_a_backfill_and_says_so(
    coins: Lake, days: int, is_due: bool
) -> None:
    """Minutes of long ago were backfilled, those of today are there: up to 45 days between are the daily run's."""
    minutes(coins, FIRST - days * DAY - 10 * MINUTE, 10, FIRST)
    minutes(coins, FIRST, 10, FIRST + DAY)
    (gap,) = gaps(coins)
    assert (gap["state"], gap["missing"], gap["first_seen_at"]) == ("suspected", days * 1440, None)
    assert gap["ask_again_at"] == (naive(AS_OF) if is_due else None)
    told = "no good answer has spoken of it yet"
    began = f"{FIRST - days * DAY:%Y-%m-%d}"
    assert gap["why"] == (told if is_due else f"nobody asked for it: mfo backfill BTCUSDT --interval 1m --from {began}")


def test_a_gap_that_was_filled_stays_as_history(coins: Lake) -> None:
    """Part of it came in a later run: that part is filled, the rest stays as it was."""
    a_hole(coins, WAITS)
    minutes(coins, FIRST + 10 * MINUTE, 4, FIRST + 6 * DAY)
    filled, confirmed = gaps(coins)
    assert (filled["state"], filled["missing"], filled["filled_at"]) == ("filled", 4, naive(FIRST + 6 * DAY))
    assert (filled["first_seen_at"], filled["asked_again"]) == (naive(FIRST + DAY), 4)
    assert (confirmed["state"], confirmed["missing"]) == ("confirmed", 6)


def test_bars_that_another_answer_of_the_same_run_gave_were_never_a_gap(coins: Lake) -> None:
    """The first source was late by seconds, its stand-in had the row: nobody could have seen a gap."""
    at = FIRST + DAY
    first = coins.cover("BTCUSDT", FIRST, FIRST + 10 * MINUTE, at)
    minutes(coins, FIRST, 10, at + MINUTE)
    coins.con.execute(
        "update lake.answers set run_id = (select any_value(run_id) from lake.coverage where sequence = ?)", [first]
    )
    assert gaps(coins) == []


def test_a_gap_is_seen_as_it_was_known_then(coins: Lake) -> None:
    """As of an earlier instant the filled gap is suspected, with the answers of until then."""
    a_hole(coins, WAITS[:3])
    minutes(coins, FIRST + 10 * MINUTE, 10, FIRST + 6 * DAY)
    assert [gap["state"] for gap in gaps(coins)] == ["filled"]
    coins.publish(FIRST + DAY + 2 * HOUR)
    coins.con.execute("delete from lake.sessions")
    (gap,) = gaps(coins)
    assert (gap["state"], gap["asked_again"], gap["filled_at"]) == ("suspected", 1, None)


def test_a_session_is_expected_when_it_was_final_at_the_answer(coins: Lake) -> None:
    """An answer of the noon of a session does not speak of it; one of an hour after its close does."""
    days = weekdays(10)
    early = {"interval": "1d", "source": "alpha_vantage"}
    coins.bars("SPY", [*days[:4], *days[5:9]], [1.0] * 8, fetched_at=AS_OF - 12 * HOUR)
    opened = AS_OF.replace(hour=0, minute=0) - 1 * DAY + 14.5 * HOUR  # Friday 10-31, the last session
    coins.cover("SPY", FIRST - 20 * DAY, opened + 3 * HOUR, opened + 3 * HOUR, **early)
    found = {gap["from_at"].date(): gap for gap in gaps(coins)}
    assert found[days[4]]["first_seen_at"] == naive(opened + 3 * HOUR)
    assert found[days[9]]["first_seen_at"] is None
    coins.cover("SPY", FIRST - 20 * DAY, opened + 7.5 * HOUR, opened + 7.5 * HOUR, **early)
    found = {gap["from_at"].date(): gap for gap in gaps(coins)}
    assert found[days[9]]["first_seen_at"] == naive(opened + 7.5 * HOUR)
