"""What is due: nothing twice, the stalest first, and of whom to ask it."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from etl.config.loader import read_settings
from etl.config.schema import Extract, Tables, Universe
from etl.config.settings import Settings
from etl.domain import ACTIONS, CRYPTO_1D, CRYPTO_1M, EQUITY_DAILY, EQUITY_HISTORY, MACRO, ORDER_BOOK, SERIES_METADATA
from etl.errors import UsageWrong
from etl.extract.planner import due
from etl.extract.selection import Selection, selection_of
from etl.market.sessions import last_closed
from etl.providers import PROVIDERS
from etl.state.request_ledger import LastSuccess

NOW = datetime(2025, 11, 1, 3, 43, tzinfo=UTC)  # a Saturday: the last session is Friday's
FRIDAY = datetime(2025, 10, 31, tzinfo=UTC)
ONE = Universe(regions={"USA": ["SPY"]}, asset_classes={"Crypto": ["BTCUSDT"]}, stocks=[], series=["DGS10"])
QUOTES = ("equity_quote", "crypto_quote")
CROSS_CHECKS = (*QUOTES, "equity_intraday")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def settings(tmp_path, monkeypatch) -> Settings:
    """One equity, one pair, one series."""
    monkeypatch.chdir(tmp_path)
    read = read_settings({"MFO_DATA_DIR": str(tmp_path)})
    return read.model_copy(update={"tables": Tables(universe=ONE)})


class Asked:
    """What was asked before: (dataset, symbol) -> the last good answer of each provider."""

    def __init__(self) -> None:
        self.found: dict[tuple[str, str], dict[str, LastSuccess]] = {}

    def note(self, dataset: str, symbol: str, provider: str, at: datetime, newest: datetime | None) -> "Asked":
        """One more good answer."""
        self.found.setdefault((dataset, symbol), {})[provider] = LastSuccess(provider, at, newest)
        return self

    def __call__(self, dataset: str, symbol: str) -> dict[str, LastSuccess]:
        return self.found.get((dataset, symbol), {})


def everything_at(at: datetime, newest: datetime | None = FRIDAY) -> Asked:
    """All of `ONE` was answered by its first source at an instant."""
    asked = Asked().note(EQUITY_DAILY, "SPY", "alpha_vantage", at, newest)
    asked.note(EQUITY_HISTORY, "SPY", "yahoo", at, newest).note(ACTIONS, "SPY", "yahoo", at, newest)
    asked.note(MACRO, "DGS10", "fred", at, newest).note(SERIES_METADATA, "DGS10", "fred", at, None)
    minute = at.replace(second=0, microsecond=0) - timedelta(minutes=1)
    asked.note(CRYPTO_1D, "BTCUSDT", "binance", at, newest).note(CRYPTO_1M, "BTCUSDT", "binance", at, minute)
    asked.note(QUOTES[0], "SPY", "finnhub", at, None).note(QUOTES[1], "BTCUSDT", "coingecko", at, None)
    asked.note(CROSS_CHECKS[-1], "SPY", "alpaca", at, newest)
    return asked.note(ORDER_BOOK, "BTCUSDT", "binance", at, None)


def tasks(settings, asked=None, now=NOW, able=lambda name: True, **choice):
    """What is due."""
    return due(settings, asked or Asked(), now, last_closed(now), able, Selection(**choice))


def datasets(found):
    return [task.want.dataset for task in found]


def only(found, dataset):
    (task,) = [task for task in found if task.want.dataset == dataset]
    return task


def test_on_a_fresh_machine_everything_is_due_once(settings):
    """History of an equity comes with its splits and dividends in one answer of Yahoo's."""
    found = tasks(settings)
    expected = [EQUITY_HISTORY, EQUITY_DAILY, MACRO, SERIES_METADATA, CRYPTO_1D, CRYPTO_1M, ORDER_BOOK, *CROSS_CHECKS]
    assert Counter(datasets(found)) == Counter(expected)
    assert only(found, EQUITY_HISTORY).want.since == datetime(2015, 1, 1, tzinfo=UTC)
    assert only(found, MACRO).want.since == datetime(2010, 1, 1, tzinfo=UTC)
    assert only(found, CRYPTO_1D).want.since == datetime(2024, 1, 1, tzinfo=UTC)
    assert only(found, CRYPTO_1M).want.since == NOW - 2 * DAY


def test_a_first_day_costs_alpha_vantage_one_call_for_each_equity(tmp_path, monkeypatch):
    """The default universe within 25 a day."""
    monkeypatch.chdir(tmp_path)
    found = tasks(read_settings({"MFO_DATA_DIR": str(tmp_path)}))
    calls = [r for t in found if t.chain[0] == "alpha_vantage" for r in PROVIDERS["alpha_vantage"].plan(t.want, NOW)]
    assert len(calls) == 16


def test_what_was_just_asked_is_not_asked_again(settings):
    """A second run at once costs nothing."""
    assert tasks(settings, everything_at(NOW)) == []


def test_a_forced_run_asks_again_for_what_is_fresh(settings):
    """Except a series' units, and the history that was had once."""
    found = tasks(settings, everything_at(NOW), force=True)
    assert {EQUITY_DAILY, MACRO, CRYPTO_1D, CRYPTO_1M, ORDER_BOOK} <= set(datasets(found))
    assert SERIES_METADATA not in datasets(found)
    assert only(found, CRYPTO_1D).want.since <= FRIDAY


def test_publications_needs_come_first_and_there_the_stalest(tmp_path, monkeypatch):
    """When calls run out in the middle, what nobody has seen for longest was served."""
    monkeypatch.chdir(tmp_path)
    universe = Universe(regions={"USA": ["SPY", "QQQ", "IWM"]}, asset_classes={}, stocks=[], series=["DGS10"])
    settings = read_settings({"MFO_DATA_DIR": str(tmp_path)}).model_copy(update={"tables": Tables(universe=universe)})
    asked = Asked()
    for symbol, days in (("SPY", 1), ("QQQ", 4)):
        asked.note(EQUITY_DAILY, symbol, "alpha_vantage", NOW - days * DAY, FRIDAY - days * DAY)
    found = tasks(settings, asked)
    daily = [task.want.symbol for task in found if task.want.dataset == EQUITY_DAILY]
    assert daily == ["IWM", "QQQ", "SPY"]
    assert datasets(found)[-1] == SERIES_METADATA
    assert datasets(found).index(EQUITY_HISTORY) > datasets(found).index(MACRO)


# equities


def test_a_session_is_asked_for_once_it_is_final(settings):
    """Friday closes at 20:00 UTC and is final at 21:00: an answer of before does not hold it."""
    for asked_at, is_due in ((FRIDAY + 20.9 * HOUR, True), (FRIDAY + 21.1 * HOUR, False)):
        found = tasks(settings, everything_at(asked_at), datasets=frozenset({EQUITY_DAILY}))
        assert bool(found) is is_due


def test_before_the_session_is_final_nothing_is_asked(settings):
    """At noon of Friday, Thursday's session is the last one."""
    asked = everything_at(FRIDAY - 2 * HOUR, FRIDAY - DAY)
    assert tasks(settings, asked, FRIDAY + 17 * HOUR, datasets=frozenset({EQUITY_DAILY})) == []


def test_a_half_day_is_final_earlier(settings):
    """The day after Thanksgiving closes at 13:00 in New York, 18:00 UTC."""
    half_day = datetime(2025, 11, 28, tzinfo=UTC)
    asked = everything_at(half_day + 15 * HOUR, half_day)
    one = frozenset({EQUITY_DAILY})
    assert tasks(settings, asked, half_day + 18.9 * HOUR, datasets=one) == []
    assert len(tasks(settings, asked, half_day + 19.1 * HOUR, datasets=one)) == 1


def test_a_session_that_was_not_out_is_asked_for_again_after_a_while(settings):
    """Three hours: a source that lags must not cost a call each time that cron runs."""
    late = everything_at(NOW, FRIDAY - DAY)
    one = frozenset({EQUITY_DAILY})
    assert tasks(settings, late, NOW + 2.9 * HOUR, datasets=one) == []
    (again,) = tasks(settings, late, NOW + 3 * HOUR, datasets=one)
    assert "was not out yet" in again.why


def test_a_weekend_asks_for_no_session(settings):
    """From Friday's answer to Monday's close."""
    one = frozenset({EQUITY_DAILY})
    assert tasks(settings, everything_at(NOW), datetime(2025, 11, 3, 20, 0, tzinfo=UTC), datasets=one) == []
    assert tasks(settings, everything_at(NOW), datetime(2025, 11, 3, 22, 1, tzinfo=UTC), datasets=one) != []


def test_a_stand_ins_answer_does_not_keep_the_first_source_from_being_asked(settings):
    """When it is back, its row wins."""
    asked = Asked().note(EQUITY_DAILY, "SPY", "yahoo", NOW - HOUR, FRIDAY)
    (task,) = tasks(settings, asked, datasets=frozenset({EQUITY_DAILY}))
    assert task.chain[0] == "alpha_vantage"


# who is asked


def test_without_its_key_a_provider_is_left_out_of_the_chain(settings):
    """With no key at all: Yahoo, fredgraph.csv and Binance, and one chart of Yahoo's for all of an equity."""
    keyless = {name for name, provider in PROVIDERS.items() if provider.credential is None}
    found = tasks(settings, able=lambda name: name in keyless)
    assert {name for task in found for name in task.chain} == {"yahoo", "fred_graph", "binance"}
    assert [task.want.dataset for task in found if task.chain[0] == "yahoo"] == [EQUITY_HISTORY]
    assert SERIES_METADATA not in datasets(found)


def test_a_chart_of_yahoos_answers_for_the_other_datasets_too(settings):
    """After the history came, its bars and events are as fresh as it is."""
    asked = Asked().note(EQUITY_HISTORY, "SPY", "yahoo", NOW, FRIDAY)
    found = tasks(settings, asked, able=lambda name: name == "yahoo")
    assert [task for task in found if task.want.symbol == "SPY"] == []


def test_only_one_provider_is_asked_where_that_is_chosen(settings):
    """`--only yahoo`."""
    assert {task.chain for task in tasks(settings, provider="yahoo")} == {("yahoo",)}


def test_only_some_symbols_are_asked_where_they_are_chosen(settings):
    """`--symbol DGS10`."""
    assert {task.want.symbol for task in tasks(settings, symbols=frozenset({"DGS10"}))} == {"DGS10"}


def test_since_is_asked_from_where_it_is_chosen(settings):
    """`--since 2020-01-01` asks for history again too."""
    since = datetime(2020, 1, 1, tzinfo=UTC)
    found = tasks(settings, everything_at(NOW - DAY), since=since)
    assert EQUITY_HISTORY in datasets(found)
    assert {task.want.since for task in found} == {since}


def test_the_command_lines_words_are_a_choice(settings):
    """A watchlist is its symbols, a date its first moment, and a provider that does not exist is refused."""
    watched = settings.model_copy(update={"tables": Tables(universe=ONE, watchlists={"mine": ["SPY", "DGS10"]})})
    choice = selection_of(watched, "yahoo", ["mine", "btcusdt"], "2020-01-02", force=True)
    assert choice == Selection(
        None, "yahoo", frozenset({"SPY", "DGS10", "BTCUSDT"}), datetime(2020, 1, 2, tzinfo=UTC), True
    )
    assert selection_of(watched) == Selection()
    with pytest.raises(UsageWrong, match="--only: no provider 'bloomberg'; allowed: alpha_vantage, fred"):
        selection_of(watched, "bloomberg")


# macro and metadata


def test_a_series_is_read_again_with_an_overlap(settings):
    """Revisions of the last weeks come with the new value."""
    asked = everything_at(NOW - 7 * HOUR)
    task = only(tasks(settings, asked), MACRO)
    assert task.want.since == FRIDAY - timedelta(days=60)


def test_units_are_asked_for_a_few_a_day(tmp_path, monkeypatch):
    """Metadata never sets a run's length: what was had today counts, and amounts bring theirs with their values."""
    monkeypatch.chdir(tmp_path)
    tables = Tables(extract=Extract(series_per_day=4))
    settings = read_settings({"MFO_DATA_DIR": str(tmp_path)}).model_copy(update={"tables": tables})
    first = [task.want.symbol for task in tasks(settings) if task.want.dataset == SERIES_METADATA]
    assert len(first) == 4
    amounts = {"WALCL", "WTREGEN", "RRPONTSYD", "M2SL"}
    assert not amounts & set(first)
    proofs = [r.proof for t in tasks(settings) for r in PROVIDERS[t.chain[0]].plan(t.want, NOW)]
    assert {proof.symbol for proof in proofs if proof} == amounts
    asked = Asked()
    for symbol in first[:3]:
        asked.note(SERIES_METADATA, symbol, "fred", NOW - HOUR, None)
    left = [task for task in tasks(settings, asked) if task.want.dataset == SERIES_METADATA]
    assert [task.want.symbol for task in left] == first[3:]
    assert not left[0].is_needed


# crypto


def test_candles_are_asked_for_from_the_last_one_on(settings):
    """What closed since."""
    asked = everything_at(NOW - 2 * DAY, FRIDAY - 2 * DAY)
    found = tasks(settings, asked)
    assert only(found, CRYPTO_1D).want.since == FRIDAY - DAY
    assert only(found, CRYPTO_1M).want.since == (NOW - 2 * DAY)


def test_days_that_a_stand_in_gave_are_asked_of_the_first_source_again(settings):
    """Binance was down for a day and Yahoo stood in: when it is back, its row takes that day's place."""
    asked = everything_at(NOW - 2 * DAY, FRIDAY - 2 * DAY)
    asked.note(CRYPTO_1D, "BTCUSDT", "yahoo", NOW - 4 * HOUR, FRIDAY)
    task = only(tasks(settings, asked), CRYPTO_1D)
    assert task.chain[0] == "binance"
    assert task.want.since == FRIDAY - DAY


def test_a_candle_that_the_source_had_not_is_asked_for_again_after_a_while(settings):
    """A day after three hours, a minute after one."""
    late = everything_at(NOW, FRIDAY - DAY)
    found = datasets(tasks(settings, late, NOW + 2 * HOUR))
    assert CRYPTO_1D not in found
    assert CRYPTO_1M in found
    assert CRYPTO_1D in datasets(tasks(settings, late, NOW + 3 * HOUR))


def test_a_book_is_taken_when_the_last_one_is_five_minutes_old(settings):
    """`run-intraday` every minute takes one in five."""
    for minutes, is_due in ((4, False), (5, True)):
        found = tasks(settings, everything_at(NOW - timedelta(minutes=minutes)))
        assert (ORDER_BOOK in datasets(found)) is is_due


# settings that name what is not there


def test_a_task_says_why_it_is_due(settings):
    """`mfo plan` shows it."""
    assert all(task.why for task in tasks(settings))
