"""query: read-only SQL in every format, and nothing beyond the warehouse."""

import csv
import io
import json
import re
import zipfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from etl.errors import UsageWrong
from etl.warehouse import user_query

SQL_ROOT = Path(__file__).parents[2] / "sql"
PRICES = "select * from daily_prices order by symbol, trade_date"


def strict(text):
    """JSON as a strict reader takes it."""
    return json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))


# formats


def test_json_is_one_array_of_row_objects(ask):
    """Strict: NaN and infinity are null, dates are ISO, numbers are numbers."""
    assert strict(ask(PRICES)) == [
        {"symbol": "SPY", "trade_date": "2025-10-30", "close": 1.5, "volume": 7},
        {"symbol": "SPY", "trade_date": "2025-10-31", "close": None, "volume": None},
        {"symbol": "a|b", "trade_date": "2025-10-31", "close": None, "volume": 9},
    ]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1.5", 1.5),
        ("cast(2 as decimal(18, 3))", 2.0),
        ("sum(volume)", 16),
        ("true", True),
        ("null", None),
        ("timestamp '2025-11-01 03:43:00'", "2025-11-01T03:43:00Z"),
        ("date '2025-11-01'", "2025-11-01"),
        ("[1.0, 'nan'::double]", [1.0, None]),
        ("{'a': date '2025-11-01'}", {"a": "2025-11-01"}),
        ("interval 1 hour", "1:00:00"),
        ("'ü \" \\ '", 'ü " \\ '),
    ],
)
def test_every_kind_of_value_has_its_json(ask, expression, expected):
    """A decimal is a number, an instant is UTC and says so."""
    (row,) = strict(ask(f"select {expression} as x from daily_prices limit 1"))
    assert row == {"x": expected}
    assert type(row["x"]) is type(expected)


def test_csv_has_a_header_and_empty_cells(ask):
    """What is missing is empty, in the style of RFC 4180."""
    rows = list(csv.reader(io.StringIO(ask(PRICES, "csv").decode())))
    assert rows[0] == ["symbol", "trade_date", "close", "volume"]
    assert rows[1:] == [
        ["SPY", "2025-10-30", "1.5", "7"],
        ["SPY", "2025-10-31", "", ""],
        ["a|b", "2025-10-31", "", "9"],
    ]


def test_markdown_keeps_its_columns(ask):
    """A bar in a cell is escaped."""
    lines = ask(PRICES, "md").decode().splitlines()
    assert lines[:3] == [
        "| symbol | trade_date | close | volume |",
        "| --- | --- | --- | --- |",
        "| SPY | 2025-10-30 | 1.5 | 7 |",
    ]
    assert lines[4].startswith("| a\\|b |")


def test_parquet_keeps_the_types(ask):
    """For notebooks."""
    table = pq.read_table(io.BytesIO(ask(PRICES, "parquet")))
    assert table.column_names == ["symbol", "trade_date", "close", "volume"]
    assert [str(field.type) for field in table.schema] == ["string", "date32[day]", "double", "int64"]
    assert table.num_rows == 3


def test_xlsx_opens_as_a_sheet(ask):
    """With the names in its first row."""
    with zipfile.ZipFile(io.BytesIO(ask(PRICES, "xlsx"))) as book:
        words = re.findall(r"<t[^>]*>(.*?)</t>", book.read("xl/sharedStrings.xml").decode())
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert {"symbol", "trade_date", "close", "volume", "SPY", "a|b"} <= set(words)
    assert "<v>1.5</v>" in sheet
    assert sheet.count("<row ") == 4


def test_a_table_in_a_pipe_is_as_wide_as_its_rows(ask):
    """No number is cut and no cell folded where no terminal sets a width."""
    text = ask(f"select '{'x' * 300}' as long, 123456789.125 as number", "table").decode()
    assert "x" * 300 in text
    assert "123456789.1" in text
    assert "…" not in text


def test_a_table_on_a_terminal_folds_what_does_not_fit(ask):
    """Nothing is lost."""
    lines = ask(f"select '{'x' * 100}' as long", "table", width=40).decode().splitlines()
    assert max(map(len, lines)) <= 40
    assert sum(line.count("x") for line in lines) == 100


@pytest.mark.parametrize("form", ["json", "csv", "md", "table", "parquet", "xlsx"])
def test_no_row_is_an_answer_too(ask, form):
    """Names without rows."""
    written = ask("select * from daily_prices where false", form)
    assert written
    if form == "json":
        assert strict(written) == []


# parameters


def test_a_parameter_is_a_value_and_never_sql(ask):
    """Quotes in it are part of it."""
    assert len(strict(ask("select * from daily_prices where symbol = $symbol", values={"symbol": "SPY"}))) == 2
    assert strict(ask("select * from daily_prices where symbol = $symbol", values={"symbol": "' or 1=1 --"})) == []


@pytest.mark.parametrize(
    "given", [[], ["symbol"], ["symbol=SPY", "other=1"], ["symbol=SPY", "symbol=QQQ"], ["other=1"]]
)
def test_parameters_must_be_those_that_the_query_names(given):
    """No more, no fewer, each once; the message lists them."""
    with pytest.raises(UsageWrong, match=r"--param: this query takes symbol=\.\.\."):
        user_query.parameters("select $symbol", given)


def test_a_parameters_value_may_hold_an_equals_sign():
    """Only the first one parts name and value."""
    assert user_query.parameters("select $a, $b2", ["a=x=y", "b2="]) == {"a": "x=y", "b2": ""}


def test_saved_queries_are_found_by_name():
    """Each with its sentence; an unknown one is refused with those that exist."""
    found = user_query.saved(SQL_ROOT)
    assert "latest_metrics" in found
    assert all(sentence and sql for sentence, sql in found.values())
    with pytest.raises(UsageWrong, match="--name: no saved query 'x'; there are latest_metrics: The newest day"):
        user_query.saved_sql(SQL_ROOT, "x")


# what is refused


@pytest.mark.parametrize(
    "sql", ["selec 1", "select * from nowhere", "select nothing from daily_prices", "", "-- only this"]
)
def test_wrong_sql_is_refused_in_one_line(ask, sql):
    """DuckDB's own first line, which names what is wrong."""
    with pytest.raises(UsageWrong, match=r"^query: ") as caught:
        ask(sql)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("form", ["parquet", "xlsx"])
def test_what_gives_no_rows_is_no_binary_file(ask, form):
    """An empty file would open nowhere."""
    with pytest.raises(UsageWrong, match="query: the SQL gives no rows"):
        ask("-- only this", form)


def test_a_format_is_one_of_six_and_no_binary_one_lands_on_a_terminal():
    """Usage, with what is allowed."""
    assert user_query.checked_format("parquet", is_terminal=False) == "parquet"
    assert user_query.checked_format("table", is_terminal=True) == "table"
    with pytest.raises(UsageWrong, match="--format: 'yaml'; allowed: table, csv, json, parquet, xlsx, md"):
        user_query.checked_format("yaml", is_terminal=False)
    with pytest.raises(UsageWrong, match="is binary: send it to a file"):
        user_query.checked_format("xlsx", is_terminal=True)


def test_what_is_to_be_asked_is_said_once(tmp_path):
    """An SQL text, a file or a name."""
    file = tmp_path / "q.sql"
    file.write_text("select 1")
    assert user_query.text_of(None, file, None, SQL_ROOT) == "select 1"
    assert user_query.text_of("select 2", None, None, SQL_ROOT) == "select 2"
    with pytest.raises(UsageWrong, match="give one of"):
        user_query.text_of("select 2", file, None, SQL_ROOT)
    with pytest.raises(UsageWrong, match="cannot be read: No such file"):
        user_query.text_of(None, tmp_path / "no.sql", None, SQL_ROOT)
