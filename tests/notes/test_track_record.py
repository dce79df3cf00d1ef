"""The track record: what is counted, how sure it is, and in which words."""

from datetime import date, timedelta
from typing import Any

import pytest

from etl.notes.scoring.track_record import NO_SKILL, TOO_SHORT, WORSE, calls_without_overlap, track_record, wilson
from tests.notes.made_warehouse import weekdays

DAYS = weekdays(date(2024, 1, 1), 400)


def call(at: int, hit: bool, horizon: int = 5, **more: Any) -> dict[str, Any]:
    """One settled call that enters at session `at`."""
    return {
        "model": "m", "scope": "portfolio", "stance": "overweight", "horizon": horizon, "kind": "live", "symbol": "SPY",
        "status": "settled", "entry_date": DAYS[at], "exit_date": DAYS[at + horizon], "is_hit": hit,
        "excess_return_pct": 1.0 if hit else -1.0, "confidence": 0.6, "base_rate": 0.5, **more,
    }  # fmt: skip


def test_the_wilson_interval_is_the_published_one() -> None:
    """Newcombe 1998: 81 of 263 gives 0.2553 to 0.3662."""
    assert wilson(81 / 263, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)


def test_overlapping_calls_count_once() -> None:
    """Daily calls of five sessions: every fifth is left, per symbol."""
    rows = [call(n, True) for n in range(20)]
    assert calls_without_overlap(rows) == 4
    assert calls_without_overlap([*rows, *(row | {"symbol": "TLT"} for row in rows)]) == 8


def test_horizons_stances_models_and_kinds_are_never_pooled() -> None:
    """One row each, in order."""
    rows = [call(0, True), call(0, True, 21), call(0, True, stance="neutral"), call(0, True, model="rules"),
            call(0, True, kind="replay"), call(0, True, scope="SPY")]  # fmt: skip
    assert [r["n"] for r in track_record(rows)] == [1] * 6
    assert [r["horizon"] for r in track_record(rows)][:2] == [5, 5]


def test_half_right_does_not_yet_show_skill() -> None:
    """The interval holds the base rate."""
    row = track_record(call(n, n % 2 == 0) for n in range(200))[0]
    assert (row["n"], row["n_eff"], row["hits"], row["hit_rate"]) == (200, 40, 100, 0.5)
    assert row["interval_low"] < 0.5 < row["interval_high"]
    assert row["words"] == NO_SKILL
    assert row["excess_low"] <= row["mean_excess_pct"] <= row["excess_high"]


def test_always_wrong_is_said() -> None:
    """Below its base rate with certainty."""
    row = track_record(call(n, False) for n in range(200))[0]
    assert row["words"] == WORSE
    assert row["brier"] == pytest.approx(0.36)
    assert row["brier_skill"] == pytest.approx(1 - 0.36 / 0.25)


def test_few_blocks_are_too_short_to_judge() -> None:
    """Nine blocks of five sessions give no interval of the excess; the tenth does."""
    short = track_record(call(n, True) for n in range(45))[0]
    long = track_record(call(n, True) for n in range(50))[0]
    assert (short["words"], short["excess_low"]) == (TOO_SHORT, None)
    assert long["excess_low"] is not None


def test_the_bootstrap_is_repeatable() -> None:
    """A fixed seed: the artifact has the same bytes each time."""
    rows = [call(n, n % 3 == 0) for n in range(150)]
    assert track_record(rows) == track_record(list(reversed(rows)))


def test_stated_confidence_is_held_against_what_happened_in_buckets() -> None:
    """0.6 belongs to the fourth fifth, 1.0 to the last; a bucket without a call is left out."""
    rows = [call(n, n < 6, confidence=0.6) for n in range(8)] + [call(n, False, confidence=1.0) for n in (8, 9)]
    assert track_record(rows)[0]["calibration"] == [
        {"low": 0.6, "high": 0.8, "n": 8, "confidence": pytest.approx(0.6), "hit_rate": 0.75},
        {"low": 0.8, "high": 1.0, "n": 2, "confidence": 1.0, "hit_rate": 0.0},
    ]


def test_voids_are_counted_and_nothing_else() -> None:
    """A void has no outcome, so no rate comes of it."""
    void = call(
        0, True, status="void", is_hit=None, excess_return_pct=None, base_rate=None, exit_date=DAYS[0] + timedelta(9)
    )
    row = track_record([void])[0]
    assert (row["n"], row["voids"], row["hit_rate"], row["words"]) == (0, 1, None, TOO_SHORT)


def test_no_base_rate_is_no_comparison() -> None:
    """The hit rate stands, the skill does not."""
    row = track_record(call(n, True, base_rate=None) for n in range(100))[0]
    assert row["base_rate"] is None
    assert row["brier_skill"] is None
    assert row["words"].startswith("no base rate")


@pytest.mark.parametrize("unknown", [None, float("nan"), float("inf")])
def test_a_call_whose_confidence_is_not_known_counts_but_is_not_judged_by_it(unknown: float | None) -> None:
    """It was right or wrong all the same; a file of before replies were read strictly may hold NaN."""
    rows = [call(n, n % 2 == 0) for n in range(10)]
    row = track_record([*rows, call(10, True, confidence=unknown)])[0]
    told = track_record(rows)[0]
    assert (row["n"], row["hits"]) == (11, 6)
    assert (row["brier"], row["calibration"]) == (told["brier"], told["calibration"])
    only = track_record([call(0, True, confidence=unknown)])[0]
    assert (only["n"], only["brier"], only["brier_skill"], only["calibration"]) == (1, None, None, [])
