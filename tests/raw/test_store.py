"""The raw lake: byte for byte, named by its sha256, sidecar after body, whole or not at all."""

import dataclasses
import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime

import pytest

from etl.domain import Request, Response
from etl.errors import DataWrong, FolderUnusable
from etl.raw.store import RawStore
from etl.runtime.files import sweep, write_whole

AT = datetime(2025, 11, 1, 3, 43, tzinfo=UTC)
REQUEST = Request("binance", "crypto_1d", "BTCUSDT", "/api/v3/klines", (("symbol", "BTCUSDT"), ("limit", "1000")), 2)
HEADERS = {"date": "Sat, 01 Nov 2025 03:43:00 GMT"}


def answer(body=b"[1.10]\r\n\x00\xff", sequence=1, **changes):
    """An answer with bytes that no text mode would leave alone."""
    return dataclasses.replace(Response(REQUEST, 200, HEADERS, body, AT, AT, sequence, "run-1"), **changes)


@pytest.fixture
def lake(tmp_path):
    """An empty lake."""
    return RawStore(tmp_path / "lake")


def files(root):
    """Every file below a folder, hidden ones too."""
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


def test_a_body_is_kept_byte_for_byte_under_its_sha256(lake, tmp_path):
    """The name is the proof."""
    kept = answer()
    lake.keep(kept)
    name = hashlib.sha256(kept.body).hexdigest()
    assert (tmp_path / f"lake/binance/bodies/{name[:2]}/{name}").read_bytes() == kept.body


def test_an_answer_comes_back_as_it_was_kept(lake):
    """Request, status, headers, instants, run: all that transform needs, and no key."""
    kept = answer()
    lake.keep(kept)
    ((sequence, path),) = lake.sequences()
    assert sequence == 1
    found = lake.open(path)
    assert found == dataclasses.replace(kept, request=dataclasses.replace(REQUEST, weight=1))
    assert found.asked_at.tzinfo is not None


def test_the_same_body_is_one_file_with_a_sidecar_for_each_request(lake, tmp_path):
    """An answer that did not change costs a sidecar."""
    for sequence in (1, 2, 3):
        lake.keep(answer(sequence=sequence))
    names = files(tmp_path / "lake")
    assert len([name for name in names if "/bodies/" in name]) == 1
    assert [name for name in names if "/answers/" in name] == [
        f"binance/answers/2025-11-01/00000000{n}.json" for n in (1, 2, 3)
    ]


def test_an_error_body_is_kept_like_any_other(lake):
    """Status and body, so that one can see what was refused."""
    lake.keep(answer(b'{"code": -1121}', status=400))
    assert lake.open(lake.sequences()[0][1]).status == 400


def test_answers_are_listed_in_the_order_in_which_they_were_asked_for(lake):
    """Over all providers and days, by number and not by text."""
    for sequence in (10, 9, 1_000_000_000, 2):
        lake.keep(answer(sequence=sequence, request=dataclasses.replace(REQUEST, provider=f"p{sequence}")))
    assert [sequence for sequence, _ in lake.sequences()] == [2, 9, 10, 1_000_000_000]
    assert [kept.sequence for kept in lake.kept()] == [2, 9, 10, 1_000_000_000]


def test_the_sidecar_is_written_after_its_body(lake, tmp_path, monkeypatch):
    """What has a sidecar is whole, whenever a kill comes."""
    written = []
    replace = os.replace

    def note(source, target):
        written.append(target.relative_to(tmp_path / "lake").parts[1])
        replace(source, target)

    monkeypatch.setattr(os, "replace", note)
    lake.keep(answer())
    assert written == ["bodies", "answers"]


def test_a_body_that_changed_since_is_detected(lake, tmp_path):
    """One byte is enough; nothing is read from it."""
    lake.keep(answer())
    (body,) = (tmp_path / "lake/binance/bodies").glob("*/*")
    body.write_bytes(body.read_bytes() + b" ")
    with pytest.raises(DataWrong, match="changed since it was kept"):
        lake.open(lake.sequences()[0][1])


def test_a_body_that_is_gone_is_detected(lake, tmp_path):
    """The message names the file."""
    lake.keep(answer())
    (body,) = (tmp_path / "lake/binance/bodies").glob("*/*")
    body.unlink()
    with pytest.raises(DataWrong, match=f"{body}: missing"):
        lake.open(lake.sequences()[0][1])


def test_a_full_disk_is_said_and_leaves_no_half_file(lake, tmp_path):
    """`/dev/full` refuses every byte as a full disk does; what was kept before stands."""
    lake.keep(answer(b"before"))
    full = answer(b"after", sequence=2)
    target = tmp_path / f"lake/binance/bodies/{full.sha256[:2]}/{full.sha256}"
    target.parent.mkdir(parents=True)
    part = f".{target.name}.{os.getpid()}-{threading.get_ident()}.part"
    (target.parent / part).symlink_to("/dev/full")
    with pytest.raises(FolderUnusable, match="the disk is full; nothing that was there is lost"):
        lake.keep(full)
    assert [sequence for sequence, _ in lake.sequences()] == [1]
    assert not target.exists()
    assert list(target.parent.iterdir()) == []
    lake.keep(full)
    assert lake.open(lake.sequences()[1][1]).body == b"after"


def test_a_disk_that_fills_up_at_the_last_moment_keeps_the_old_file(tmp_path, monkeypatch):
    """A file system may say so only when it is asked to write through."""
    path = tmp_path / "file"
    write_whole(path, b"old")

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FolderUnusable, match="the disk is full"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert files(tmp_path) == ["file"]


def test_a_folder_that_cannot_be_made_is_said_with_what_to_set(tmp_path):
    """A file stands where the folder should be."""
    (tmp_path / "lake").write_bytes(b"")
    with pytest.raises(FolderUnusable, match=r"cannot be written: .*; set MFO_DATA_DIR"):
        RawStore(tmp_path / "lake").keep(answer())


def test_lanes_that_keep_the_same_body_at_once_do_not_meet(lake):
    """Binance answers `[]` to four lanes side by side: each writes its own file beside, and one stands in the end."""
    failed = []
    gate = threading.Barrier(8)

    def keep(lane):
        for turn in range(20):
            gate.wait()
            try:
                lake.keep(answer(b"[%d]" % turn, sequence=lane * 100 + turn))
            except FolderUnusable as error:
                failed.append(str(error))

    threads = [threading.Thread(target=keep, args=(lane,)) for lane in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(lake.sequences()) == 160
    assert {lake.open(path).body for _, path in lake.sequences()} == {b"[%d]" % turn for turn in range(20)}


KEEP = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from etl.domain import Response, Request
from etl.raw.store import RawStore
lake, at = RawStore(Path(sys.argv[1])), datetime(2025, 11, 1, 3, 43, tzinfo=UTC)
for n in range(1, 100000):
    lake.keep(Response(Request("fred", "macro", "DGS10", "/x"), 200, {}, b"%d" % n * 5000, at, at, n, "run-1"))
    print(n, flush=True)
"""


def test_a_killed_writer_leaves_whole_answers_only(tmp_path):
    """kill -9 while it keeps: each sidecar's body is there and right, and the left-overs can be swept away."""
    process = subprocess.Popen([sys.executable, "-c", KEEP, str(tmp_path / "lake")], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    last = [process.stdout.readline() for _ in range(40)][-1]
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=30)
    lake = RawStore(tmp_path / "lake")
    kept = lake.sequences()
    assert len(kept) >= int(last) == 40
    assert all(lake.open(path).body.startswith(b"%d" % sequence) for sequence, path in kept)
    sweep(tmp_path)
    assert not list(tmp_path.rglob("*.part"))


def test_a_sweep_deletes_left_overs_and_nothing_else(lake, tmp_path):
    """Unfinished files of killed runs and copies of a look at the past."""
    lake.keep(answer())
    (tmp_path / "cache").mkdir()
    for name in ("lake/.x.json.1-2.part", "cache/as-of.77.duckdb", "cache/vega.js"):
        (tmp_path / name).write_bytes(b"x")
    assert sweep(tmp_path) == 2
    assert [name for name in files(tmp_path) if not name.startswith("lake/binance")] == ["cache/vega.js"]
    assert len(lake.sequences()) == 1


def test_a_sidecar_is_json_that_a_person_can_read(lake):
    """Its fields are those that the product page names."""
    lake.keep(answer())
    sidecar = json.loads(lake.sequences()[0][1].read_bytes())
    assert set(sidecar) == {
        *("sequence", "run_id", "provider", "dataset", "symbol", "path", "params", "status", "headers"),
        *("asked_at", "answered_at", "sha256", "bytes"),
    }
