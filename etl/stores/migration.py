"""
A warehouse that another version of mfo wrote: the next `load` makes it anew from Parquet.

Until then it can be queried, but not exported, as its models are not those of this version.
"""

import duckdb

from etl.errors import DataWrong
from etl.stores.warehouse import SCHEMA_VERSION, Warehouse


def refuse_other_version(warehouse: Warehouse) -> None:
    """
    Before the models of the published file are relied on.

    Raises:
        UsageWrong: nothing is published yet.
        DataWrong: another version of mfo published it.
    """
    con = warehouse.read()
    try:
        row = con.execute("select version from main.schema_version").fetchone()
    except duckdb.CatalogException:
        row = None
    finally:
        con.close()
    if row != (SCHEMA_VERSION,):
        found = f"schema {row[0]}" if row else "no schema version"
        raise DataWrong(
            f"{warehouse.path} was written by another version of mfo ({found}, this one has {SCHEMA_VERSION}); "
            "`mfo load` makes it anew from Parquet"
        )
