"""extract of a provider whose answer says that more is to come, and what a refusal means for other processes."""

import json
from urllib.parse import parse_qsl, urlsplit

import pytest

from etl.domain import EQUITY_HISTORY
from etl.providers import PROVIDERS
from tests.extract.workbench import Bench, Reply, made_up, task
from tests.providers.made_up import alpaca_bars

HISTORY = task("SPY", "alpaca", "yahoo", dataset=EQUITY_HISTORY)
DAYS = {None: "2025-10-29", "B": "2025-10-30", "C": "2025-10-31"}
TOKENS = {None: "B", "B": "C", "C": None}


def pages(second: Reply | None = None):
    """An upstream with three pages; `second` in place of the second one."""

    def answer(url: str) -> Reply:
        parts = urlsplit(url)
        if parts.netloc != "data.alpaca.markets":
            return made_up(url)
        token = dict(parse_qsl(parts.query)).get("page_token")
        if token == "B" and second is not None:
            return second
        return 200, {}, json.dumps(alpaca_bars(DAYS[token], token=TOKENS[token])).encode()

    return answer


@pytest.fixture
def bench(tmp_path):
    """A function that opens one with an upstream."""
    opened = []

    def make(upstream, **more) -> Bench:
        opened.append(Bench(tmp_path, upstream, **more))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


def test_every_page_is_asked_for_and_kept(bench):
    """One want, three answers; the last one ends it."""
    one = bench(pages())
    assert one.run([HISTORY]).details["answered"] == 1
    assert [verdict for *_, verdict in one.verdicts()] == ["more", "more", "ok"]
    assert len(one.lake.sequences()) == 3
    assert one.ledger.last_good(EQUITY_HISTORY, "SPY")["alpaca"].newest_at.date().isoformat() == DAYS["C"]


def test_half_a_history_is_not_taken_for_the_whole(bench):
    """The second page fails: the next provider is asked, and Alpaca's history stays due; the first page is kept."""
    one = bench(pages((422, {}, b'{"message":"page token is invalid"}')))
    outcome = one.run([HISTORY])
    assert "yahoo was asked instead" in outcome.undone[0]
    assert [verdict for *_, verdict in one.verdicts()] == ["more", "ProviderRefused", "ok"]
    assert list(one.ledger.last_good(EQUITY_HISTORY, "SPY")) == ["yahoo"]
    assert len(one.lake.sequences()) == 3


def test_only_the_page_that_failed_is_asked_again(bench):
    """A server that is down for a moment does not cost the pages before."""
    replies = iter([(503, {}, b""), None])

    def answer(url):
        if "page_token=B" in url and (reply := next(replies, None)):
            return reply
        return pages()(url)

    one = bench(answer)
    assert one.run([HISTORY]).undone == ()
    assert [verdict for *_, verdict in one.verdicts()] == ["more", "ProviderDown", "more", "ok"]


def test_pages_that_go_in_a_circle_end(bench):
    """A token that leads back to a page of before is not followed for ever."""
    circle = json.dumps(alpaca_bars("2025-10-30", token="A")).encode()
    back = json.dumps(alpaca_bars("2025-10-30", token="B")).encode()

    def answer(url):
        return (
            (200, {}, back) if "page_token=A" in url else (200, {}, circle) if "page_token=B" in url else pages()(url)
        )

    one = bench(answer)
    one.run([HISTORY])
    assert len(one.sent) == 3


@pytest.mark.parametrize(
    ("headers", "wait"), [({"retry-after": "7"}, 7.0), ({}, PROVIDERS["alpaca"].limits.rate_limited_wait_s)]
)
def test_too_fast_is_too_fast_for_every_process(bench, headers, wait):
    """What one was told holds for another one on the same data folder, with `Retry-After` or without."""
    first = bench(pages((429, headers, b'{"message":"too many requests."}')), attempts=1)
    first.run([HISTORY])
    other = bench(pages())
    other.clock.seconds = first.clock.seconds + 1
    other.run([task("SPY", "alpaca")])
    assert other.waits()[0] == pytest.approx(wait - 1)


def test_a_key_that_is_refused_is_named_by_its_variables(bench):
    """Both of a pair: nobody can know which one is wrong."""
    outcome = bench(lambda _url: (403, {}, b'{"message":"forbidden."}')).run([task("SPY", "alpaca")])
    assert "Alpaca does not accept the keys; see ALPACA_API_KEY and ALPACA_SECRET_KEY" in outcome.undone[0]
