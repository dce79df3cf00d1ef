"""When requests end: by spacing, the minute and the day where these are known, by what they took where not."""

import pytest

from etl.domain import Limits
from etl.runtime.progress import ProviderProgress, least_seconds


def lane(limits: Limits, *ended: float, expected: int = 10, beyond: int = 0) -> ProviderProgress:
    """A lane that began at 100 s, some of whose requests ended at instants."""
    made = ProviderProgress(limits)
    made.expect(expected, 100.0)
    for at in ended:
        made.advance(at)
    made.beyond = beyond
    return made


@pytest.mark.parametrize(
    ("calls", "limits", "weight", "seconds"),
    [
        (16, Limits(per_day=25, spacing_s=1.1), 0, 17.6),
        (20, Limits(per_minute=8), 0, 120.0),
        (8, Limits(per_minute=8), 0, 0.0),
        (3000, Limits(weight=6000), 6000, 61.22),
        (0, Limits(per_minute=8, spacing_s=1.0), 0, 0.0),
    ],
)
def test_a_price_in_seconds_is_what_the_limits_make_of_it(calls, limits, weight, seconds):
    """Spacing, full minutes, windows of weight: whichever takes longest."""
    assert least_seconds(calls, limits, weight) == pytest.approx(seconds, abs=0.01)


def test_spacing_says_the_end_before_anything_was_sent():
    """Sixteen calls of Alpha Vantage's: 17.6 s, known from the first moment on."""
    assert lane(Limits(spacing_s=1.1), expected=16).ends_in(100.0) == pytest.approx(17.6)


def test_answers_that_take_longer_than_the_spacing_say_the_end():
    """Three in nine seconds: seven more in 21."""
    made = lane(Limits(spacing_s=0.2), 103.0, 106.0, 109.0)
    assert (made.left, made.ends_in(109.0)) == (7, pytest.approx(21.0))


def test_the_minute_says_the_end_however_fast_the_first_ones_went():
    """Eight of twenty at once: eight more when the first minute is over, the last four after the second."""
    made = lane(Limits(per_minute=8), *[100.0 + i / 10 for i in range(8)], expected=20)
    assert made.ends_in(101.0) == pytest.approx(60.2 + 60.2 - 1.0 + 0.3)
    assert lane(Limits(per_minute=8), expected=8).ends_in(100.0) == 0.0


def test_what_the_day_has_no_room_for_is_not_waited_for():
    """Ten are wanted, the day has four."""
    assert lane(Limits(spacing_s=1.0), beyond=6).ends_in(100.0) == pytest.approx(4.0)


def test_a_lane_that_waited_for_work_is_not_called_slow():
    """A stand-in that answered in a second, and was needed again an hour later."""
    made = lane(Limits(), 101.0, expected=1)
    made.expect(3, 3701.0)
    assert made.ends_in(3701.0) == pytest.approx(3.0)


def test_a_want_that_failed_takes_its_other_requests_with_it():
    """Nothing of it is left then."""
    made = lane(Limits(), 101.0, expected=4)
    made.expect(-3, 101.0)
    assert (made.left, made.ends_in(102.0)) == (0, 0.0)
