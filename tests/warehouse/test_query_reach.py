"""query: what reads is answered, whatever its form; nothing beyond the warehouse is read, written or changed."""

import hashlib
import io
import json

import pyarrow.parquet as pq
import pytest

from etl.errors import UsageWrong


@pytest.mark.parametrize(
    "sql",
    [
        "select 42 as n",
        "select 42 as n;",
        "/* ; drop */ select 42 as n -- ; drop",
        "(select 42 as n)",
        "from (values (42)) as t(n)",
        "with t as (select 42 as n) from t",
        "with recursive t(n) as (select 41 union all select n + 1 from t where n < 42) select max(n) as n from t",
        "select count(*) + 39 as n from daily_prices",
        "select sum(volume) + 26 as n from marts.daily_prices",
        "select main.answer(41) as n",
        "select list_transform([41], lambda x: x + 1)[1] as n",
        "select ('{\"n\": 42}'::json ->> 'n')::integer as n",
        "select n from (pivot (select 'n' as k, 42 as v) on k using max(v))",
        "from query('select 42 as n')",
    ],
)
def test_what_reads_is_answered_whatever_its_form(ask, sql):
    """Macros, JSON, lambdas and pivots too."""
    assert json.loads(ask(sql)) == [{"n": 42}]


@pytest.mark.parametrize("form", ["json", "parquet"])
@pytest.mark.parametrize(
    "sql",
    [
        "values (1)",
        "table daily_prices",
        "describe daily_prices",
        "describe select 1",
        "show tables",
        "show all tables",
        "summarize daily_prices",
        "explain select 1",
        "explain (select 1)",
        "explain analyze from daily_prices",
        "explain analyze (select 1)",
        "/* a plan */ explain /* with times */ analyze -- of a query\n select 1",
        "explain (analyze, format json) select 1",
        "explain pivot daily_prices on symbol using count(*)",
        "pivot daily_prices on symbol using count(*); -- done",
        "with t as (from daily_prices) pivot t on symbol using count(*)",
        "unpivot (select 1 as a, 2 as b) on a, b",
        "select * from information_schema.tables",
    ],
)
def test_what_says_how_the_tables_look_is_answered_too(ask, sql, form):
    """In text and in a binary format: at least one row."""
    written = ask(sql, form)
    assert (pq.read_table(io.BytesIO(written)).num_rows if form == "parquet" else len(json.loads(written))) > 0


@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize(
    "sql",
    [
        "use memory; detach warehouse; attach '{file}' as warehouse; drop schema warehouse.marts cascade; select 1",
        "select 1; select 2",
        "use memory",
        "detach warehouse",
        "attach '{file}' as other",
        "attach '{file}' as other (read_only)",
        "attach '{out}' as other",
        "attach 'http://127.0.0.1:9/x.duckdb' as other",
        "attach ':memory:' as other",
        "copy (select 1) to '{out}'",
        "copy (select 1) to '{file}.wal'",
        "copy (select 1) to '{file}'",
        "copy daily_prices to '{out}' (format parquet)",
        "copy (pivot daily_prices on symbol using count(*)) to '{file}.wal'",
        "copy from database warehouse to memory",
        "export database '{out}'",
        "import database '/tmp'",
        "create table t as select 1",
        "create table marts.t as select 1",
        "create temp table t as select 1",
        "create table memory.main.t as select 1",
        "create table memory.main.t as pivot daily_prices on symbol using count(*)",
        "create table t as select * from read_csv('/etc/passwd')",
        "create secret s (type s3, key_id 'x', secret 'y')",
        "create macro memory.main.m() as 1",
        "insert into daily_prices from daily_prices",
        "with gone as (delete from daily_prices returning *) from gone",
        "with more as (insert into daily_prices from daily_prices returning *) from more",
        "delete from daily_prices",
        "truncate daily_prices",
        "update lake.publication set run_id = 'x'",
        "merge into daily_prices using daily_prices as other on true when matched then delete",
        "drop table daily_prices",
        "drop schema warehouse.marts cascade",
        "alter table daily_prices add column x integer",
        "comment on table daily_prices is 'x'",
        "explain analyze insert into daily_prices from daily_prices",
        "explain analyze create temp table t as select 1",
        "explain (analyze, format json) delete from daily_prices",
        "explain/* */analyze -- select\n delete from daily_prices",
        "explain analyze copy (select 1) to '{file}.wal'",
        "explain analyze copy (pivot daily_prices on symbol using count(*)) to '{file}.wal'",
        "from read_blob('{file}')",
        "from read_text('{file}')",
        "from read_blob('{file}.wal')",
        "from read_text('file://{file}')",
        "from glob('{file}*')",
        "from '{file}'",
        "from '{file}.wal'",
        "from query_table('{file}')",
        "from query('from read_blob(''{file}'')')",
        "from json_execute_serialized_sql(json_serialize_sql('from read_blob(''{file}'')'))",
        "from read_duckdb('{file}')",
        "describe '{file}'",
        "describe from read_csv('/etc/passwd')",
        "summarize '/etc/x.csv'",
        "explain analyze from read_blob('{file}')",
        "select * from read_csv('/etc/passwd')",
        "select * from read_text('/etc/passwd')",
        "select * from '/etc/passwd'",
        "select * from '/etc/*.csv'",
        "select * from glob('/etc/*')",
        "from read_csv('/dev/stdin')",
        "from read_blob('/proc/self/environ')",
        "from read_json('/etc/passwd')",
        "from read_ndjson_objects('/etc/passwd')",
        "from sniff_csv('/etc/passwd')",
        "from parquet_scan('{out}')",
        "from parquet_metadata('{out}')",
        "from parquet_schema('{out}')",
        "from parquet_kv_metadata('{out}')",
        "from sqlite_scan('{out}', 't')",
        "select * from read_parquet('http://127.0.0.1:9/x.parquet')",
        "from 's3://x/y.parquet'",
        "select 1; select * from read_blob('/etc/passwd')",
        "install httpfs",
        "load httpfs",
        "update extensions",
        "connect",
        "set enable_external_access = true",
        "set disabled_filesystems = ''",
        "set lock_configuration = false",
        "set memory_limit = '1GB'",
        "set variable x = 1",
        "reset enable_external_access",
        "pragma enable_external_access = true",
        "pragma enable_profiling",
        "pragma force_checkpoint",
        "call pragma_import('{out}')",
        "call enable_logging(storage = 'file', storage_path = '{out}')",
        "from enable_logging(storage = 'file', storage_path = '{out}')",
        "checkpoint",
        "vacuum",
        "begin",
        "prepare p as select 1",
        "execute p",
        "from con",
    ],
)
def test_a_users_sql_reaches_no_file_network_setting_or_table(ask, warehouse, tmp_path, sql, form):
    """Refused in one line; nothing is read, and every file is what it was, with none beside it."""
    before, out = _hashes(tmp_path), tmp_path / "out"
    with pytest.raises(UsageWrong) as caught:
        ask(sql.format(out=out, file=warehouse), form)
    assert str(caught.value).startswith("query: ")
    assert "\n" not in str(caught.value)
    assert "root:" not in str(caught.value)
    assert _hashes(tmp_path) == before
    assert not out.exists()


def _hashes(folder):
    """The sha256 of every file of a folder."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("use memory; drop schema marts", "2 statements are refused; allowed is one SELECT, WITH, VALUES, "),
        ("detach warehouse", "DETACH is refused; allowed is one SELECT, WITH"),
        ("explain analyze delete from daily_prices", "EXPLAIN of DELETE is refused; allowed is one SELECT"),
        ("copy (pivot daily_prices on symbol using count(*)) to 'x'", "writing a PIVOT is refused; allowed is one"),
        ("from read_text('/etc/passwd')", "disabled by configuration); allowed is what the warehouse holds, no file, "),
        ("with x as (delete from daily_prices returning 1) from x", "in read-only mode!); allowed is what the"),
    ],
)
def test_a_refusal_says_what_is_allowed_and_that_nothing_changed(ask, sql, said):
    """What was refused, what is allowed, what stayed."""
    with pytest.raises(UsageWrong) as caught:
        ask(sql)
    assert said in str(caught.value)
    assert str(caught.value).endswith("; nothing was changed")


def test_a_list_of_settings_holds_no_secret(ask, monkeypatch):
    """The environment is not readable from SQL."""
    monkeypatch.setenv("FRED_API_KEY", "CANARY42")
    with pytest.raises(UsageWrong, match="query: "):
        ask("select getenv('FRED_API_KEY') as x")
