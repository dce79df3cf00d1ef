"""Archived answers: the same bytes from a zip as from files, also after a kill; dropped ones leave their sidecars."""

import hashlib
import json
import os
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from etl.domain import Request, Response
from etl.errors import DataWrong
from etl.raw import archiver
from etl.raw.archiver import BundleReport, bundle_before, drop_before, dropped
from etl.raw.store import RawStore

AT = datetime(2025, 11, 1, 3, 43, tzinfo=UTC)
DAY = timedelta(days=1)
READ = range(1, 10)


def answer(sequence, days_ago, body, provider="binance"):
    """An answer that was asked for so many days before AT."""
    request = Request(provider, "crypto_1m", "BTCUSDT", "/x", (("limit", "5"),))
    at = AT - days_ago * DAY
    return Response(request, 200, {"x-weight": "1"}, body, at, at + timedelta(seconds=1), sequence, "run-1")


@pytest.fixture
def kept():
    """Answers of three days and two providers; the same body on two days, and one that is a zip itself."""
    return [
        answer(1, 9, b"[1]"),
        answer(2, 9, b"same"),
        answer(3, 9, b"note", provider="mfo"),
        answer(4, 8, b"same"),
        answer(5, 8, b"PK\x03\x04" + bytes(range(256))),
        answer(6, 1, b"same"),
        answer(7, 0, b"[7]"),
    ]


@pytest.fixture
def lake(tmp_path, kept):
    """A lake with them."""
    made = RawStore(tmp_path / "lake")
    for one in kept:
        made.keep(one)
    return made


def read_again(lake):
    """Every answer of a lake that is opened anew."""
    fresh = RawStore(lake.root)
    return [fresh.open(path) for _, path in fresh.sequences()]


def loose(lake):
    """The files of bodies that are left, by content."""
    return sorted(path.read_bytes() for path in lake.root.glob("*/bodies/*/*"))


def test_archived_answers_are_byte_for_byte_what_they_were(lake, kept):
    """Bodies and sidecars; younger days stay files, a body that they share stays too, and providers stay apart."""
    sidecars = {path.name: path.read_bytes() for path in lake.root.glob("*/answers/*/*.json")}
    assert bundle_before(lake, (AT - 2 * DAY).date()) == BundleReport(5, 3)
    assert read_again(lake) == kept
    assert [one.sequence for one in lake.kept()] == [1, 2, 3, 4, 5, 6, 7]
    archived = {path.name: lake.archive.read(path.parent, path.name) for _, path in lake.archive.sidecars()}
    assert archived == {name: data for name, data in sidecars.items() if int(name[:9]) <= 5}
    assert loose(lake) == [b"[7]", b"same"]
    assert sorted(path.name for path in lake.root.glob("*/archive/*")) == [
        *("2025-10-23.zip", "2025-10-23.zip", "2025-10-24.zip", "index.json", "index.json")
    ]
    assert not list(lake.root.glob("binance/answers/2025-10-2*"))


def test_a_second_time_there_is_nothing_to_bundle(lake, kept):
    """And the next days join in their own zips."""
    bundle_before(lake, (AT - 2 * DAY).date())
    before = {path: path.read_bytes() for path in lake.root.glob("*/archive/*.zip")}
    assert bundle_before(lake, (AT - 2 * DAY).date()) == BundleReport()
    assert bundle_before(lake, (AT + DAY).date()) == BundleReport(2, 2)
    assert {path: path.read_bytes() for path in before} == before
    assert read_again(lake) == kept
    assert loose(lake) == []


def test_an_answer_of_a_bundled_day_joins_its_zip(lake, kept):
    """A clock that was set back, or a second lake's answers: the zip gains them and loses none."""
    bundle_before(lake, AT.date())
    late = answer(8, 9, b"late")
    lake.keep(late)
    assert bundle_before(lake, AT.date()) == BundleReport(1, 1)
    assert read_again(lake) == [*kept, late]


def test_the_last_sequence_is_known_when_all_is_archived(lake):
    """Numbers are never given twice, also where `state.db` is lost; dropped answers count."""
    bundle_before(lake, (AT + DAY).date())
    assert RawStore(lake.root).last_sequence() == 7
    drop_before(lake, (AT + DAY).date(), READ)
    assert RawStore(lake.root).last_sequence() == 7


def test_the_last_sequence_may_lie_in_an_earlier_day(lake):
    """A run with the clock ahead came before it: its number must not be given twice."""
    lake.keep(answer(9, -400, b"with the clock ahead"))
    lake.keep(answer(10, 0, b"with the right clock"))
    assert RawStore(lake.root).last_sequence() == 10


def test_a_lost_index_is_read_from_the_zips(lake, kept):
    """The index saves time and holds nothing of its own."""
    bundle_before(lake, AT.date())
    drop_before(lake, (AT - 8 * DAY).date(), READ)
    for path in lake.root.glob("*/archive/index.json"):
        path.unlink()
    assert read_again(lake) == kept[2:]
    assert dropped(RawStore(lake.root)) == {1, 2}


@pytest.mark.parametrize("step", ["_read_back", "write_whole", "_delete_unused_bodies"])
def test_a_kill_between_two_steps_loses_nothing(lake, kept, monkeypatch, step):
    """Before the zip has its name, the index is written or the bodies go: all is there, once, and it goes on."""

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(archiver, step, killed)
        with pytest.raises(KeyboardInterrupt):
            bundle_before(lake, AT.date())
    assert read_again(lake) == kept
    again = RawStore(lake.root)
    bundle_before(again, AT.date())
    assert read_again(again) == kept
    assert loose(again) == [b"[7]"] or step == "_delete_unused_bodies"


def test_a_day_with_a_broken_body_is_not_bundled(lake, kept):
    """Nothing is bundled that is not what was kept; its files stay for who looks at them."""
    lake.body("binance", kept[0].sha256).write_bytes(b"changed")
    with pytest.raises(DataWrong, match="changed since it was kept"):
        bundle_before(lake, AT.date())
    assert len(list(lake.root.glob("binance/answers/2025-10-23/*.json"))) == 2
    assert not list(lake.root.glob("binance/archive/*.zip"))


def test_a_changed_zip_is_found(lake):
    """One bit of a body, and a zip that is cut short."""
    bundle_before(lake, AT.date())
    bundle = lake.archive.bundle("binance", "2025-10-23")
    whole = bundle.read_bytes()
    at = whole.index(hashlib.sha256(b"[1]").hexdigest().encode()) + 65  # its name is followed by its data
    bundle.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
    fresh = RawStore(lake.root)
    with pytest.raises(DataWrong):
        [fresh.open(path) for _, path in fresh.sequences()]
    bundle.write_bytes(whole[:-30])
    with pytest.raises(DataWrong, match="changed since it was kept"):
        read_again(lake)


def test_dropped_bodies_leave_their_sidecars_and_our_own_documents_stay(lake, kept):
    """What was asked, when and the sha256 can still be read; notes cannot be asked for again and are never dropped."""
    bundle_before(lake, AT.date())
    assert drop_before(lake, (AT - 8 * DAY).date(), READ) == BundleReport(2, 1)
    assert read_again(lake) == kept[2:]
    assert dropped(lake) == {1, 2}
    bundle = lake.archive.bundle("binance", "2025-10-23")
    assert lake.archive.names(bundle) == ["000000001.json", "000000002.json"]
    said = json.loads(lake.archive.read(bundle, "000000001.json") or b"")
    assert said["sha256"] == hashlib.sha256(b"[1]").hexdigest()
    assert drop_before(lake, (AT - 8 * DAY).date(), READ) == BundleReport()


def test_bodies_that_nobody_has_read_yet_are_not_dropped(lake, kept):
    """A day goes as a whole: one answer that stands in no Parquet keeps it."""
    bundle_before(lake, AT.date())
    assert drop_before(lake, AT.date(), {1, 4, 5}) == BundleReport(2, 1)
    assert read_again(lake) == [one for one in kept if one.sequence not in (4, 5)]


def test_a_body_that_comes_again_while_bodies_are_deleted_is_kept(lake, kept):
    """Keeping waits for the deletion and finds that the body is gone, or the deletion finds the new sidecar."""
    bundle_before(lake, (AT - 2 * DAY).date())
    with lake.bodies_stay(until_deleted=True):
        child = os.fork()
        if child == 0:
            RawStore(lake.root).keep(replace(kept[6], sequence=9, run_id="run-2"))
            os._exit(0)
        lake.body("binance", kept[6].sha256).unlink()
        (lake.root / "binance/answers/2025-11-01/000000007.json").unlink()
        assert os.waitpid(child, os.WNOHANG) == (0, 0)
    os.waitpid(child, 0)
    assert read_again(lake)[-1] == replace(kept[6], sequence=9, run_id="run-2")


def test_days_are_bundled_up_to_the_day_that_is_named(lake):
    """That day itself stays."""
    assert bundle_before(lake, date(2025, 10, 23)) == BundleReport()
    assert bundle_before(lake, date(2025, 10, 24)) == BundleReport(3, 2)
