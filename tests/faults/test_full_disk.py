"""A whole run on a disk that is full, or in a folder that cannot be written: on file systems that the test mounts."""

import os
import random
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from etl.raw.store import RawStore
from tests.conftest import Upstream, files_of
from tests.faults.folders import NOW, SmallFolder

YESTERDAY = "2025-10-31T03:43:00Z"
# room that is left, in KB -> where the run meets the end of it; the warehouse's copy alone needs some 26,000
ROOMS = {
    0: "the first file that it writes",
    24: "the ledger",
    12_000: "the copy of the warehouse",
    30_000: "the models in it",
}
MANY = random.Random(20251101).sample(range(30_000), 24)  # and anywhere between, in `make soak`


@pytest.fixture(scope="module")
def published(running: Upstream, base_urls: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> SmallFolder:
    """What was published the evening before."""
    running.now(YESTERDAY)
    folder = SmallFolder(tmp_path_factory.mktemp("yesterday") / "data", base_urls, now=YESTERDAY)
    assert folder.daily() == 0
    running.now(NOW)
    return folder


@pytest.fixture
def mount() -> Iterator[Callable[..., None]]:
    """A function: `mount(*arguments, place)`; all is unmounted at the end. Skips where this user may not."""
    places: list[str] = []

    def call(*arguments: str) -> None:
        done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            pytest.skip(f"cannot mount a file system here: {done.stderr.strip()}")
        if "-o" not in arguments or "remount" not in arguments[arguments.index("-o") + 1]:
            places.append(arguments[-1])

    if os.geteuid() != 0 or not shutil.which("mount"):
        pytest.skip("only root can mount a small file system")
    yield call
    for place in reversed(places):
        subprocess.run(["umount", "--lazy", place], check=True)


def today(published: SmallFolder, root: Path) -> SmallFolder:
    """A copy of yesterday's folder, for the run of today."""
    shutil.copytree(published.root, root)
    return SmallFolder(root, published.base_urls, now=NOW)


def site_and_warehouse(folder: SmallFolder) -> dict[str, bytes]:
    """What a reader sees."""
    return {"warehouse": (folder.root / "warehouse.duckdb").read_bytes(), **files_of(folder.root / "site")}


def assert_the_next_run_finishes(folder: SmallFolder) -> None:
    """With room again: every kept answer is whole, the day is published, no left-over stays in the way."""
    assert folder.daily() == 0
    newest = "select max(trade_date)::varchar from marts.daily_prices where symbol = 'SPY'"
    assert folder.published(newest) == [("2025-10-31",)]
    lake = RawStore(folder.root / "lake")
    assert len([lake.open(path).sha256 for _, path in lake.sequences()]) > 5
    assert not list(folder.root.glob("warehouse.duckdb.*"))


@pytest.mark.parametrize("room_kb", [*ROOMS, *(pytest.param(room, marks=pytest.mark.soak) for room in MANY)])
def test_a_full_disk_ends_the_run_in_one_line_and_the_next_one_finishes(
    room_kb: int, published: SmallFolder, mount: Callable[..., None], tmp_path: Path, upstream: Upstream, capfd
) -> None:
    """Exit code 73 wherever the room ends; what was published stands, byte for byte; nothing that was kept is lost."""
    assert upstream.verdicts() == []
    mount("-t", "tmpfs", "-o", "size=160m", "none", str(tmp_path))
    folder = today(published, tmp_path / "data")
    before, answers = site_and_warehouse(folder), files_of(folder.root / "lake")
    filler = tmp_path / "filler"
    disk = os.statvfs(tmp_path)
    filler.write_bytes(bytes(disk.f_bavail * disk.f_frsize - room_kb * 1024))
    assert folder.daily() == 73
    (said,) = folder.said
    assert said.startswith(str(tmp_path))
    assert "the disk is full" in said
    assert len(said.splitlines()) == 1
    assert "Traceback" not in capfd.readouterr().err
    assert site_and_warehouse(folder) == before
    assert files_of(folder.root / "lake").items() >= answers.items()
    filler.unlink()
    assert_the_next_run_finishes(folder)


@pytest.mark.parametrize("name", [".", "lake", "parquet", "logs"])
def test_a_folder_that_cannot_be_written_ends_the_run_in_one_line(
    name: str, published: SmallFolder, mount: Callable[..., None], tmp_path: Path, upstream: Upstream, capfd
) -> None:
    """Exit code 73 with the folder's name; what was published stands; when it can be written again, a run finishes."""
    folder = today(published, tmp_path / "data")
    place = str(folder.root / name)
    shutil.rmtree(folder.root / "cache")  # or its contents of yesterday would do
    (folder.root / "cache").mkdir()
    before = site_and_warehouse(folder)
    mount("--bind", place, place)
    mount("-o", "remount,bind,ro", place)
    assert folder.daily() == 73
    (said,) = folder.said
    assert str(folder.root) in said
    assert len(said.splitlines()) == 1
    assert "Traceback" not in capfd.readouterr().err
    assert site_and_warehouse(folder) == before
    assert upstream.verdicts().count("ok") == len(upstream.verdicts())
    mount("-o", "remount,bind,rw", place)
    assert_the_next_run_finishes(folder)


def test_a_log_without_room_is_a_full_disk(
    published: SmallFolder, mount: Callable[..., None], tmp_path: Path, upstream: Upstream, capfd
) -> None:
    """It too ends the run in one line: no traceback of the logging module, and nothing is published unseen."""
    assert upstream.verdicts() == []
    folder = today(published, tmp_path / "data")
    before = site_and_warehouse(folder)
    mount("-t", "tmpfs", "-o", "size=8k", "none", str(folder.root / "logs"))
    (folder.root / "logs" / "filler").write_bytes(bytes(8192))
    assert folder.daily() == 73
    assert folder.said == [f"{folder.root / 'logs'}: the disk is full; nothing that was there is lost"]
    assert "Traceback" not in capfd.readouterr().err
    assert site_and_warehouse(folder) == before
    (folder.root / "logs" / "filler").unlink()
    assert_the_next_run_finishes(folder)
