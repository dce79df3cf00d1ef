"""
The two Parquet files for notebooks: data/parquet/{asset_prices,regional_data}_latest.parquet.

Numbers are rounded as in the JSON: the last bits of a sum depend on the order in which threads added it up. Each row
says whether it is made up, because metadata is seen by nobody.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from etl.site.artifacts.flows import METHOD
from etl.site.artifacts.prices import DAYS_READ
from etl.site.schema.record import tidy_numbers
from etl.site.schema.site_context import SiteContext

if TYPE_CHECKING:
    import pyarrow

ROWS_OF_A_GROUP = 100_000
_PRICES = """
select symbol, trade_date, open, high, low, close, close_as_traded, adj_close, volume, source
from marts.daily_prices
where symbol not in ({withheld})
qualify row_number() over (partition by symbol order by trade_date desc) <= {rows}
order by symbol, trade_date
"""
_REGIONS = """
select
    "window", sessions, anchor_date, from_date, node, symbol, turnover_usd, pressure_pct, return_pct, volatility_pct
from marts.region_nodes
order by sessions, pressure_pct desc nulls last, position, node
"""


def parquet_queries(context: SiteContext) -> dict[str, str]:
    """A SELECT for each file, in an order that is the same every time."""
    withheld = [one["symbol"] for one in context.instruments if context.withholds(one["symbol"])]
    quoted = ", ".join(f"'{symbol}'" for symbol in withheld) or "''"
    return {
        "data/parquet/asset_prices_latest.parquet": _PRICES.format(withheld=quoted, rows=DAYS_READ),
        "data/parquet/regional_data_latest.parquet": _REGIONS,
    }


def parquet_files(tables: Mapping[str, "pyarrow.Table"], context: SiteContext) -> dict[str, bytes]:
    """The files' bytes: the same for the same rows, with no instant of their making in them."""
    return {path: _encoded(table, context) for path, table in tables.items()}


def _rounded(table: "pyarrow.Table") -> "pyarrow.Table":
    import pyarrow

    for place, column in enumerate(table.schema):
        if pyarrow.types.is_floating(column.type):
            values = pyarrow.array(tidy_numbers(table.column(place).to_pylist()), column.type)
            table = table.set_column(place, column, values)
    return table


def _encoded(table: "pyarrow.Table", context: SiteContext) -> bytes:
    import pyarrow
    from pyarrow import parquet

    says = {
        "as_of": context.as_of,
        "run_id": context.run_id or "",
        "demo": str(context.demo).lower(),
        "reconstructed": str(context.reconstructed).lower(),
        "method": METHOD,
    }
    marked = _rounded(table).append_column("demo", pyarrow.array([context.demo] * table.num_rows, pyarrow.bool_()))
    sink = pyarrow.BufferOutputStream()
    parquet.write_table(
        marked.replace_schema_metadata(says), sink, compression="zstd", row_group_size=ROWS_OF_A_GROUP, version="2.6"
    )
    return bytes(sink.getvalue())
