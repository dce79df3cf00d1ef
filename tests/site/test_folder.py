"""The site folder on a real disk: swapped in whole, whoever kills it and whenever; never over what is not ours."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from etl.errors import FolderUnusable, UsageWrong
from etl.site.publish import folder as store
from etl.site.publish.folder import SiteFolder, page_files

ROOT = Path(__file__).parents[2]
OLD, NEW = "old", "new"


def files(word: str, count: int = 12) -> dict[str, bytes]:
    """A small site in which every file says the same word, with its manifest."""
    made = {f"data/{i}.json": f'"{word} {i}"'.encode() for i in range(count)} | {"index.html": word.encode()}
    listed = [{"path": path, "sha256": hashlib.sha256(body).hexdigest()} for path, body in sorted(made.items())]
    return {**made, "data/manifest.json": json.dumps({"artifacts": listed}).encode()}


def beside(root: Path) -> list[str]:
    """What lies beside the site folder."""
    return sorted(path.name for path in root.parent.iterdir() if path != root)


def test_a_new_site_holds_exactly_the_files_and_replaces_the_old_one_whole(tmp_path: Path) -> None:
    """What the new one does not have is gone; nothing is left beside; deep folders are made."""
    folder = SiteFolder(tmp_path / "deep" / "site")
    folder.publish(files(OLD, 20))
    folder.publish(files(NEW, 5))
    assert folder.read() == files(NEW, 5)
    assert beside(folder.root) == []


KILLED = """
import os, signal, sys
from pathlib import Path
from etl.site.publish import folder as store
from tests_files import files

place, at = Path(sys.argv[1]), int(sys.argv[2])
seen = 0
def counted(real):
    def call(*args):
        global seen
        seen += 1
        if seen == at:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*args)
    return call
store._sync, store._remove = counted(store._sync), counted(store._remove)
store._exchange_names, store.os.rename = counted(store._exchange_names), counted(store.os.rename)
if sys.argv[3] == "renames":
    store._exchange_names = lambda one, other: False
store.SiteFolder(place).publish(files("new"))
print("ended")
"""


def publish_and_be_killed(tmp_path: Path, at: int, way: str) -> bool:
    """A real process that kills itself at its `at`-th step; whether it lived."""
    (tmp_path / "tests_files.py").write_text(
        "import hashlib, json\n" + "def files" + Path(__file__).read_text().split("\ndef files")[1].split("\n\n\n")[0]
    )
    paths = os.pathsep.join([str(ROOT), str(tmp_path)])
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path / "out" / "site"), str(at), way],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode == 0


@pytest.mark.parametrize("at", [1, 2, 9, 16, 17, 18, 19, 20, 21])
def test_a_kill_at_any_step_leaves_the_old_or_the_new_site_whole(tmp_path: Path, at: int) -> None:
    """The next run clears away what was left and publishes."""
    folder = SiteFolder(tmp_path / "out" / "site")
    folder.publish(files(OLD))
    publish_and_be_killed(tmp_path, at, "exchange")
    assert folder.read() in (files(OLD), files(NEW))
    folder.publish(files(NEW))
    assert folder.read() == files(NEW)
    assert beside(folder.root) == []


def test_the_kills_reach_from_the_first_step_to_the_last(tmp_path: Path) -> None:
    """Otherwise the test above would prove less than it says: step 1 leaves the old, the last one the new."""
    folder = SiteFolder(tmp_path / "out" / "site")
    folder.publish(files(OLD))
    assert not publish_and_be_killed(tmp_path, 1, "exchange")
    assert folder.read() == files(OLD)
    assert not publish_and_be_killed(tmp_path, 21, "exchange")
    assert folder.read() == files(NEW)
    assert publish_and_be_killed(tmp_path, 99, "exchange")


@pytest.mark.parametrize("at", [1, 17, 18, 19, 20, 21, 22])
def test_where_the_kernel_cannot_exchange_a_killed_run_is_mended_by_the_next(tmp_path: Path, at: int) -> None:
    """Between two renames there may be no site under its name; one that is whole lies beside and comes back."""
    folder = SiteFolder(tmp_path / "out" / "site")
    folder.publish(files(OLD))
    publish_and_be_killed(tmp_path, at, "renames")
    folder.recover()
    assert folder.read() in (files(OLD), files(NEW))
    folder.publish(files(NEW))
    assert folder.read() == files(NEW)
    assert beside(folder.root) == []


def test_readers_never_miss_a_file_while_the_site_is_exchanged(tmp_path: Path) -> None:
    """Hundreds of reads during sixty exchanges: each file is there, and whole."""
    folder = SiteFolder(tmp_path / "site")
    folder.publish(files(OLD))
    wrong: list[str] = []
    reads = 0
    stop = threading.Event()

    def read() -> None:
        nonlocal reads
        while not stop.is_set():
            try:
                body = (tmp_path / "site" / "data" / "3.json").read_bytes()
            except OSError as error:
                wrong.append(str(error))
            else:
                reads += 1
                if body not in (b'"old 3"', b'"new 3"'):
                    wrong.append(body.decode())

    reader = threading.Thread(target=read)
    reader.start()
    for i in range(60):
        folder.publish(files(NEW if i % 2 else OLD, 5))
    stop.set()
    reader.join()
    assert wrong == []
    assert reads > 60


def test_two_exports_beside_each_other_take_turns(tmp_path: Path) -> None:
    """Both publish whole sites; neither sweeps away what the other is writing."""
    folders = [SiteFolder(tmp_path / "site") for _ in range(2)]

    def publish(folder: SiteFolder, word: str) -> None:
        for _ in range(20):
            folder.publish(files(word))

    with ThreadPoolExecutor() as pool:
        running = [pool.submit(publish, folder, word) for folder, word in zip(folders, (OLD, NEW), strict=True)]
    assert [one.result() for one in running] == [None, None]
    assert folders[0].read() in (files(OLD), files(NEW))
    assert beside(folders[0].root) == []


@pytest.mark.parametrize("name", ["CNAME", ".git/HEAD", "data/notes.txt", "thesis.docx"])
def test_a_folder_with_files_that_are_not_ours_is_not_touched(tmp_path: Path, name: str) -> None:
    """Whether or not a site of ours is there too: an exchange would delete them."""
    folder = SiteFolder(tmp_path / "public")
    foreign = folder.root / name
    for earlier in ({}, files(OLD)):
        if earlier:
            foreign.unlink()
            foreign.parent.rmdir() if not any(foreign.parent.iterdir()) else None
            folder.publish(earlier)
        foreign.parent.mkdir(parents=True, exist_ok=True)
        foreign.write_text("mine")
        with pytest.raises(UsageWrong, match=name.replace(".", r"\.")):
            folder.publish(files(NEW))
        assert foreign.read_text() == "mine"
        assert folder.read() == {**earlier, name: b"mine"}
        assert beside(folder.root) == []


def test_an_empty_folder_and_a_file_managers_litter_are_no_hindrance(tmp_path: Path) -> None:
    """`mkdir public` before the first export, and a Finder that looked in."""
    folder = SiteFolder(tmp_path / "public")
    folder.root.mkdir()
    folder.publish(files(OLD))
    (folder.root / "data" / ".DS_Store").write_bytes(b"x")
    folder.publish(files(NEW))
    assert folder.read() == files(NEW)


def test_a_users_folder_that_is_named_like_a_leftover_is_left_alone(tmp_path: Path) -> None:
    """`public.next` and `public.old` may be anybody's."""
    for name in ("public.next", "public.old"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "mine.txt").write_text("mine")
    SiteFolder(tmp_path / "public").publish(files(OLD))
    assert beside(tmp_path / "public") == ["public.next", "public.old"]


def test_a_file_in_the_folders_place_is_refused(tmp_path: Path) -> None:
    """So is the root of the file system."""
    (tmp_path / "site").write_text("mine")
    with pytest.raises(UsageWrong, match="not a folder"):
        SiteFolder(tmp_path / "site").publish(files(OLD))
    assert (tmp_path / "site").read_text() == "mine"
    with pytest.raises(UsageWrong, match="cannot be a site folder"):
        SiteFolder(Path("/"))


def test_a_link_to_the_folder_stays_a_link(tmp_path: Path) -> None:
    """What it points at is exchanged."""
    (tmp_path / "real").mkdir()
    (tmp_path / "site").symlink_to(tmp_path / "real")
    SiteFolder(tmp_path / "site").publish(files(OLD))
    SiteFolder(tmp_path / "site").publish(files(NEW))
    assert (tmp_path / "site").is_symlink()
    assert SiteFolder(tmp_path / "real").read() == files(NEW)


def test_a_place_that_cannot_be_written_is_said_in_one_line(tmp_path: Path) -> None:
    """A folder below a file: no traceback, exit code 73, and the path."""
    (tmp_path / "file").write_text("x")
    with pytest.raises(FolderUnusable, match="file/site"):
        SiteFolder(tmp_path / "file" / "site").publish(files(OLD))


def test_a_full_disk_leaves_the_old_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error comes while the new folder is written; the old one is not touched and the next run succeeds."""
    folder = SiteFolder(tmp_path / "site")
    folder.publish(files(OLD))

    def full(path: Path) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(store, "_sync", full)
        with pytest.raises(FolderUnusable, match="No space left on device"):
            folder.publish(files(NEW))
    assert folder.read() == files(OLD)
    folder.publish(files(NEW))
    assert folder.read() == files(NEW)
    assert beside(folder.root) == []


def test_the_page_is_taken_without_notes_for_developers(tmp_path: Path) -> None:
    """What a browser reads; no dot files, no README, no caches."""
    for name in ("index.html", "app.js", "specs/price.json", "README.md", ".env", "_draft/x.js", ".hidden/y.css"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(name)
    assert sorted(page_files(tmp_path)) == ["app.js", "index.html", "specs/price.json"]


def test_an_installation_without_a_page_is_said_to_be_broken(tmp_path: Path) -> None:
    """Rather than a site without a page."""
    with pytest.raises(FolderUnusable, match=r"index\.html"):
        page_files(tmp_path)
