"""
A warehouse that another version of mfo wrote: the next `load` makes it anew from Parquet.

Until then it can be queried, but not exported, as its models are not those of this version.
"""

import duckdb

from etl.errors import DataWrong
from etl.stores.warehouse import SCHEMA_VERSION, Warehouse


def schema_of(warehouse: Warehouse) -> int | None:
    """
    The schema version of the published file, None where it has none.

    Raises:
        UsageWrong: nothing is published yet.
        DataWrong: the file cannot be read.
    """
    con = warehouse.read()
    try:
        row = con.execute("select version from main.schema_version").fetchone()
    except duckdb.CatalogException:
        return None
    finally:
        con.close()
    return int(row[0]) if row else None


def refuse_other_version(warehouse: Warehouse) -> None:
    """
    Before the models of the published file are relied on.

    Raises:
        UsageWrong: nothing is published yet.
        DataWrong: another version of mfo published it.
    """
    found = schema_of(warehouse)
    if found != SCHEMA_VERSION:
        raise DataWrong(
            f"{warehouse.path} was written by another version of mfo (schema {found}, this one has {SCHEMA_VERSION}); "
            "`mfo load` makes it anew from Parquet"
        )
