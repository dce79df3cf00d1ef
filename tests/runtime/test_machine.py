"""The machine, as `doctor` looks at it: nothing is made or changed by looking."""

import os
from datetime import UTC, datetime, timedelta

import pytest

from etl import __version__
from etl.runtime.machine import Machine


def test_a_folder_that_is_not_there_yet_is_judged_by_the_nearest_one(tmp_path):
    """And is not made by looking."""
    folder = tmp_path / "a" / "b" / "c"
    assert Machine().why_unwritable(folder) is None
    assert Machine().free_gb(folder) > 0
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_way_is_named(tmp_path):
    """A folder cannot be made below a file."""
    (tmp_path / "data").write_bytes(b"")
    assert Machine().why_unwritable(tmp_path / "data" / "mfo") == f"{tmp_path / 'data'} is not a folder"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_of_somebody_else_is_named(tmp_path):
    """Without the right to write."""
    tmp_path.chmod(0o500)
    assert Machine().why_unwritable(tmp_path / "mfo") == f"{tmp_path} is not writable"


def test_the_machines_clock_is_in_utc():
    """Whatever MFO_NOW is: `doctor` looks at the real one."""
    assert abs(Machine().now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_versions_name_what_results_depend_on():
    """A report of a fault starts with them."""
    said = Machine().versions()
    assert said.startswith(f"mfo {__version__}, Python 3.")
    assert all(f"{name} " in said for name in ("duckdb", "pyarrow", "pandas"))
