"""Versions: however the answers lie in files and loads, a bar has the versions that a plain reading of them gives."""

from datetime import datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from etl.transform.parquet import Parquet
from tests.warehouse.warehouses import at, bar, warehouse_in, written

FIRST = datetime(2025, 10, 30)  # noqa: DTZ001 - the lake's own form: UTC without a zone
SOURCES = ("binance", "binance_archive")


@st.composite
def answers(draw):
    """Pages of candles of two sources and symbols: apart, side by side, over one another, again with other closes."""
    pages = []
    for sequence in range(1, draw(st.integers(2, 7)) + 1):
        first, length = draw(st.integers(0, 9)), draw(st.integers(1, 5))
        keys = {"source": draw(st.sampled_from(SOURCES)), "symbol": draw(st.sampled_from(("BTCUSDT", "ETHUSDT")))}
        closes = draw(st.lists(st.sampled_from((1.0, 2.0)), min_size=length, max_size=length))
        pages.append(
            [
                bar(close, sequence, **keys, interval="1m", opened_at=FIRST + minute * timedelta(minutes=1))
                for minute, close in enumerate(closes, start=first)
            ]
        )
    return pages, draw(st.lists(st.booleans(), min_size=len(pages), max_size=len(pages)))


def by_hand(pages):
    """(source, symbol, opened_at, sequence) of each row that is new or says another close than the one before it."""
    last, kept = {}, []
    for row in (row for page in pages for row in page):
        key = (row["source"], row["symbol"], row["opened_at"])
        if last.get(key) != row["close"]:
            last[key] = row["close"]
            kept.append((*key, row["sequence"]))
    return sorted(kept)


@given(made=answers())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_bars_have_the_versions_of_a_plain_reading(tmp_path_factory, made):
    """Answers that meet no other one take a shorter way than those that do: both end where a plain reading does."""
    pages, begin_a_load = made
    folder = tmp_path_factory.mktemp("versions")
    parquet, loads = Parquet(folder / "parquet"), []
    for number, (page, is_first) in enumerate(zip(pages, begin_a_load, strict=True)):
        if is_first or not loads:
            loads.append([])
        loads[-1] += written(parquet, "bars", page, f"v1-{number}")
    with warehouse_in(folder).next_file() as file:
        added = sum(file.add("bars", files) for files in loads)
        found = file.con.execute("select source, symbol, opened_at, sequence from lake.bars order by all").fetchall()
    assert found == by_hand(pages)
    assert added == len(found)


def test_an_answer_inside_the_span_of_another_meets_it(tmp_path):
    """The page in the middle of a long one, with a third behind both: only what differs is added again."""
    parquet = Parquet(tmp_path / "parquet")
    minutes = [FIRST + minute * timedelta(minutes=1) for minute in range(12)]
    long = [bar(1.0, 1, opened_at=minute) for minute in minutes[:10]]
    inside = [bar(close, 2, opened_at=minute) for minute, close in zip(minutes[3:6], (1.0, 2.0, 1.0), strict=True)]
    behind = [bar(1.0, 3, opened_at=minute, fetched_at=at()) for minute in minutes[9:]]
    files = [written(parquet, "bars", page, f"v1-{i}")[0] for i, page in enumerate((long, inside, behind))]
    with warehouse_in(tmp_path).next_file() as file:
        assert file.add("bars", files) == 10 + 1 + 2
