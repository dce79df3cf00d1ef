"""maintain: every kept answer is there and is what it was; left-overs of killed runs are swept away."""

import pytest

from etl.config.schema import Retention
from etl.errors import DataWrong
from etl.pipeline import maintain
from etl.raw.store import RawStore
from etl.transform.parquet import Parquet
from etl.warehouse.file import Warehouse
from tests.providers import made_up
from tests.transform.readings import SPY, daily


@pytest.fixture
def lake(tmp_path):
    """Three answers."""
    kept = RawStore(tmp_path / "lake")
    for number in (1, 2, 3):
        answer = made_up.answer(SPY, daily(close=f"{10 + number / 10}"))
        kept.keep(type(answer)(**{name: getattr(answer, name) for name in answer.__slots__} | {"sequence": number}))
    return kept


def maintained(lake, tmp_path, **more):
    """What `maintain` says of a folder without a warehouse, at an instant at which nothing is old."""
    warehouse = Warehouse(tmp_path / "warehouse.duckdb", "")
    parquet = Parquet(tmp_path / "parquet")
    options = (tmp_path, lake, parquet, warehouse, (), Retention(), made_up.NOW, tmp_path)
    return maintain.Maintainer(*options, **more).run()


def bodies(tmp_path):
    """The kept bodies."""
    return sorted(tmp_path.glob("lake/*/bodies/*/*"))


def test_whole_answers_are_verified(lake, tmp_path):
    """How many, and that nothing had to be deleted."""
    assert maintained(lake, tmp_path).line == "3 kept answers verified, 0 left-overs of killed runs deleted"


def test_left_overs_are_deleted_and_counted(lake, tmp_path):
    """Unfinished files of killed runs, wherever they lie in the data folder."""
    (tmp_path / "parquet" / "bars").mkdir(parents=True)
    (tmp_path / "parquet" / "bars" / ".v1-1-1.parquet.7-7.part").write_bytes(b"half")
    (bodies(tmp_path)[0].parent / ".abc.7-7.part").write_bytes(b"half")
    assert maintained(lake, tmp_path).line == "3 kept answers verified, 2 left-overs of killed runs deleted"
    assert not list(tmp_path.rglob("*.part"))


def test_broken_answers_are_counted_and_the_first_is_named(lake, tmp_path):
    """65; the left-overs are swept nevertheless, and nothing that is kept is deleted."""
    changed, missing, _ = bodies(tmp_path)
    changed.write_bytes(b"changed")
    missing.unlink()
    (tmp_path / ".x.7-7.part").write_bytes(b"half")
    with pytest.raises(DataWrong, match=r"2 of 3 kept answers are broken, first .*(changed since it was kept|missing)"):
        maintained(lake, tmp_path)
    assert not (tmp_path / ".x.7-7.part").exists()
    assert len(lake.sequences()) == 3
    assert changed.read_bytes() == b"changed"


def test_an_empty_folder_is_well(tmp_path):
    """Before the first run."""
    assert maintained(RawStore(tmp_path / "lake"), tmp_path).line.startswith("0 kept answers verified")


def test_what_is_published_without_a_proven_answer_is_named(lake, tmp_path):
    """65 also when the sidecar itself is gone; many lines are cut short with their number."""
    asked = []

    def resting(proven):
        asked.append(set(proven))
        return [f"answer {number} (abc): 1 of lake.bars" for number in range(maintain.SHOWN + 5)]

    bodies(tmp_path)[0].unlink()
    with pytest.raises(DataWrong) as caught:
        maintained(lake, tmp_path, resting=resting)
    first, second, *lines = str(caught.value).splitlines()
    assert first.startswith("1 of 3 kept answers are broken, first ")
    assert second == "published without an answer in the lake:"
    assert lines[0] == "  answer 0 (abc): 1 of lake.bars"
    assert lines[-1] == "  and 5 more"
    assert len(asked[0]) == 2
