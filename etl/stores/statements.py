"""
One statement of a load: a failure names the model or check, and what does not fit into memory is given more of it.

A load starts with little memory, which does for years of minutes; the indicators of hundreds of symbols need more.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
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


def run_side_by_side(con: "duckdb.DuckDBPyConnection", statements: Sequence[str], name: str) -> None:
    """
    Execute several statements at once, each in a transaction of its own; they see no temporary table.

    For what DuckDB itself does on one core: rows that are worked on one behind the other.

    Raises:
        DataWrong: one of them fails; names the model. What the others wrote may stay.
    """
    ((step,),) = con.execute("select coalesce(getvariable('memory_step'), 0)").fetchall()
    cursors = [con.cursor() for _ in statements]
    try:
        with ThreadPoolExecutor(len(cursors)) as pool:
            for cursor in cursors:
                cursor.execute(f"set variable memory_step = {step}")
            running = [pool.submit(run, cursor, sql, name) for cursor, sql in zip(cursors, statements, strict=True)]
            try:
                for one in running:
                    one.result()
            except BaseException:  # Ctrl-C too: the pool waits for what runs
                for cursor in cursors:
                    cursor.interrupt()
                raise
    finally:
        for cursor in cursors:
            cursor.close()
