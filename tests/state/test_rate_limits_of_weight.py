"""Weight by the server's own count: windows that are used almost fully, and never beyond."""

from datetime import UTC, datetime

import pytest

from etl.domain import Request
from etl.providers import PROVIDERS

AT = datetime(2025, 11, 1, 3, 43, tzinfo=UTC)
BOOK = Request("binance", "order_book", "BTCUSDT", "/api/v3/depth", weight=50)
WEIGHED = PROVIDERS["binance"].limits


def asked(ledger, used=None):
    """One book, reserved and answered; the header says that so much is used."""
    sequence = ledger.reserve(BOOK, WEIGHED, "run-1")
    if used is not None:
        ledger.weigh(sequence, used)
    ledger.close(sequence, "ok")
    return sequence


def test_a_window_that_is_nearly_full_is_waited_out(ledger, clock):
    """98 of 100 of Binance's 6000 a minute, by the server's own header, until the window has surely ended."""
    asked(ledger, 5850)
    clock.seconds += 20
    asked(ledger)
    assert clock.waits == pytest.approx([40])


def test_weight_that_fits_is_sent_at_once(ledger, clock):
    """50 more than 5830 is 5880: still within 98 of 100."""
    asked(ledger, 5830)
    asked(ledger)
    assert clock.waits == []


def test_requests_in_flight_weigh_before_the_server_says_so(ledger, clock):
    """Four lanes side by side do not all take the last 100."""
    asked(ledger, 5780)
    for _ in range(2):
        ledger.reserve(BOOK, WEIGHED, "run-1")
    assert clock.waits == []
    ledger.reserve(BOOK, WEIGHED, "run-1")
    assert clock.waits[0] == pytest.approx(60)


def test_a_request_that_no_header_answers_weighs_as_it_was_reserved(ledger, clock):
    """A time-out may have been counted by the server."""
    asked(ledger, 5780)
    asked(ledger)
    asked(ledger)
    assert clock.waits == []
    asked(ledger)
    assert clock.waits == pytest.approx([60])


def test_a_smaller_weight_in_the_header_is_a_new_window(ledger, clock):
    """The count never falls within one, so that the server's window began anew before this answer."""
    asked(ledger, 5000)
    clock.seconds += 50
    asked(ledger, 100)
    asked(ledger, 5850)
    clock.seconds += 20
    asked(ledger)
    assert clock.waits == pytest.approx([40], abs=0.1)


def test_the_next_window_begins_where_the_last_one_was_seen_to_end(ledger, clock):
    """The boundary is learnt once: later windows are waited for no longer than they last."""
    asked(ledger, 5000)
    clock.seconds += 30
    asked(ledger, 50)  # a window began within these 30 seconds
    clock.seconds += 10
    asked(ledger, 5850)
    asked(ledger, 50)
    asked(ledger, 5850)
    asked(ledger, 50)
    assert clock.waits == pytest.approx([50, 60], abs=0.1)


def test_a_late_answer_of_the_last_window_does_not_fill_this_one(ledger, clock):
    """It left before the boundary and came back after it, with the old count."""
    asked(ledger, 5000)
    late = ledger.reserve(BOOK, WEIGHED, "run-1")
    clock.seconds += 61
    asked(ledger, 50)
    ledger.weigh(late, 5850)
    asked(ledger, 100)
    assert clock.waits == []


def test_what_a_killed_process_had_in_flight_is_forgotten(ledger, clock, state):
    """Its answers never come; its weight does not count for ever."""
    for _ in range(100):
        ledger.reserve(BOOK, WEIGHED, "run-1")
    clock.seconds += 200
    asked(ledger, 50)
    assert clock.waits == []


def test_a_window_from_after_now_means_nothing(ledger, clock):
    """A monotonic clock that began anew where nothing names the boot; what was in flight then weighs no more."""
    asked(ledger, 5780)
    for _ in range(2):
        ledger.reserve(BOOK, WEIGHED, "run-1")
    clock.seconds -= 900
    asked(ledger)
    assert clock.waits == []
