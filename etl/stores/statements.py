"""
One statement of a load: a failure names the model or check, and what does not fit into memory is given more of it.

A load starts with little memory, which does for years of minutes; the indicators of hundreds of symbols need more.
"""

from typing import TYPE_CHECKING

from etl.errors import DataWrong

if TYPE_CHECKING:
    import duckdb

MEMORY = ("512MB", "1GB", "2GB")  # what a statement that ran out of it is given, one after the other
NEXT_STEP = "set variable memory_step = coalesce(getvariable('memory_step'), 0) + 1"


def run(con: "duckdb.DuckDBPyConnection", sql: str, name: str) -> "duckdb.DuckDBPyConnection":
    """
    Execute the SQL of a model or check, again with more memory where it had too little.

    Raises:
        DataWrong: it fails; names the model or check.
        duckdb.IOException, duckdb.TransactionException: the file cannot be read or written.
    """
    import duckdb

    while True:
        try:
            return con.execute(sql)
        except duckdb.OutOfMemoryException as error:
            ((step,),) = con.execute("select coalesce(getvariable('memory_step'), 0)").fetchall()
            if step == len(MEMORY):
                raise DataWrong(f"{name}: {error}") from error
            con.execute(f"set memory_limit = '{MEMORY[step]}'")
            con.execute(NEXT_STEP)
        except (duckdb.IOException, duckdb.TransactionException):
            raise  # the file's, not the statement's: the disk is full, most of the time
        except duckdb.Error as error:
            raise DataWrong(f"{name}: {error}") from error
