"""A whole extract of each provider, replayed from its cassette: its own addresses, its wire format, no network."""

from datetime import UTC, date, datetime

import pytest
from vcr.errors import CannotOverwriteExistingCassetteException

from etl.domain import Bar, Book, Observation, ProviderRow, Quote, Series
from etl.market.sessions import last_closed, sessions
from etl.providers import PROVIDERS
from tests.extract.record_cassettes import CASSETTES, KEY_HEADERS, KEY_PARAMETERS, WANTS, player
from tests.extract.workbench import KEYS, NOW, Bench, task

# rows that each provider's cassette holds, by kind
HELD = {
    "alpha_vantage": {Bar: 200},
    "fred": {Observation: 43, Series: 1},
    "fred_graph": {Observation: 43},
    "binance": {Bar: 20 + 60, Book: 1},
    "binance_archive": {Bar: 1 + 1440},
    "yahoo": {Bar: 65 + 107},
    "twelve_data": {Bar: 100},
    "fmp": {Bar: 44},
    "alpaca": {Bar: 44},
    "finnhub": {Quote: 2},
    "coingecko": {Quote: 3},
}


@pytest.fixture
def bench(tmp_path):
    """The wire as it is in production: httpx's own transport, the providers' public addresses."""
    opened = Bench(tmp_path, base_urls={"NONE_BASE_URL": ""})
    yield opened
    opened.close()


def rows_kept(bench: Bench) -> list[ProviderRow]:
    """What the parsers read from the lake."""
    answers = [bench.lake.open(path) for _, path in bench.lake.sequences()]
    return [row for answer in answers for row in PROVIDERS[answer.request.provider].parse(answer)]


@pytest.mark.parametrize("name", list(PROVIDERS))
def test_every_provider_has_a_cassette(name):
    """A provider without a whole extract replayed is not in the register."""
    assert (CASSETTES / f"{name}.yaml").is_file(), "python -m tests.extract.record_cassettes makes it"
    assert name in HELD
    assert WANTS[name]


@pytest.mark.parametrize("name", list(PROVIDERS))
def test_a_whole_extract_is_replayed(bench, name):
    """Every want is answered at the first attempt, kept, closed in the ledger as good, and read."""
    with player("none").use_cassette(CASSETTES / f"{name}.yaml") as cassette:
        outcome = bench.run(WANTS[name])
    assert outcome.undone == ()
    assert outcome.details["answered"] == len(WANTS[name])
    assert cassette.all_played
    assert {verdict for *_, verdict in bench.verdicts()} <= {"ok", "more"}
    assert [verdict for *_, verdict in bench.verdicts()][-1] == "ok"
    assert len(bench.lake.sequences()) == len(bench.verdicts()) == len(cassette.requests)
    rows = rows_kept(bench)
    found = {kind: sum(isinstance(row, kind) for row in rows) for kind in HELD[name]}
    assert found == HELD[name]
    assert bench.state.rows("select sum(rows) from requests") == [(len(rows),)]


@pytest.mark.parametrize("name", list(PROVIDERS))
def test_no_key_is_in_a_cassette_nor_in_what_was_kept(bench, name, tmp_path):
    """Neither in the query nor in a header nor in a body."""
    with player("none").use_cassette(CASSETTES / f"{name}.yaml"):
        bench.run(WANTS[name])
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    recorded = (CASSETTES / f"{name}.yaml").read_bytes()
    for key in KEYS.values():
        assert key.get_secret_value().encode() not in kept + recorded
    assert not any(f"{mark}{parameter}=".encode() in recorded for parameter in KEY_PARAMETERS for mark in "?&")
    assert not any(header.lower().encode() in recorded.lower() for header in KEY_HEADERS)


def test_what_is_not_on_the_cassette_is_not_asked_of_the_network(bench):
    """`record_mode="none"`: a test that asks otherwise than before fails."""
    with player("none").use_cassette(CASSETTES / "yahoo.yaml"), pytest.raises(CannotOverwriteExistingCassetteException):
        bench.run([task("QQQ", "yahoo")])


def test_sessions_come_as_the_exchange_held_them(bench):
    """100 of Alpha Vantage's, the newest of Friday; the ledger knows how far they reach."""
    with player("none").use_cassette(CASSETTES / "alpha_vantage.yaml"):
        bench.run(WANTS["alpha_vantage"])
    days = [row.at for row in rows_kept(bench) if isinstance(row, Bar) and row.symbol == "SPY"]
    held = [session.trade_date for session in sessions(date(2025, 1, 1), last_closed(NOW).trade_date)]
    assert days == held[-100:]
    good = bench.ledger.last_good("equity_daily", "SPY")["alpha_vantage"]
    assert good.newest_at == datetime(2025, 10, 31, tzinfo=UTC)


def test_the_weight_that_binance_counts_is_noted(bench):
    """From the header of its answers."""
    with player("none").use_cassette(CASSETTES / "binance.yaml"):
        bench.run(WANTS["binance"])
    ((seen, begun_by),) = bench.state.rows("select seen, began_by from weight_windows where provider = 'binance'")
    assert seen > 0
    assert begun_by is not None
    assert bench.state.rows("select * from flights") == []


def test_a_page_that_ends_early_is_followed_by_its_token(bench):
    """Two requests, one want: the first is good and not the end, so that half a history is never taken for all."""
    with player("none").use_cassette(CASSETTES / "alpaca.yaml"):
        bench.run(WANTS["alpaca"])
    assert bench.verdicts() == [("alpaca", "SPY", "more"), ("alpaca", "SPY", "ok")]
    days = [row.at for row in rows_kept(bench)]
    held = [session.trade_date for session in sessions(date(2025, 9, 2), last_closed(NOW).trade_date)]
    assert days == held[-len(days) :]
