"""What tests of several folders share: the stand-in upstream, the `mfo` command as a user starts it, data folders."""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).parent.parent
MFO = Path(sys.executable).with_name("mfo")
AV_KEY, FRED_KEY, OPENAI_KEY = "CANARYALPHAVANTAGE", "canaryfredkeycanaryfredkey012345", "canary-openai-key"
KEYS = {"ALPHA_VANTAGE_API_KEY": AV_KEY, "FRED_API_KEY": FRED_KEY, "OPENAI_API_KEY": OPENAI_KEY}
IN_SECONDS = ("--av-spacing", "0", "--fred-per-second", "1000", "--fred-per-minute", "100000")
FAST = "[limits.alpha_vantage]\nspacing_s = 0\n[limits.fred]\nspacing_s = 0\n[limits.yahoo]\nspacing_s = 0\n"
CALL = {
    "title": "A point", "action": "SPY closed at 682.06.", "symbol": "SPY", "stance": "overweight", "horizon": 5,
    "confidence": 0.5, "against": "Nothing.", "facts": ["SPY.close"],
}  # fmt: skip
WRITTEN = {  # by a model, of 31 October 2025: the stand-in's own words are the same recommendation three times
    "summary": "SPY closed at 682.06 on 2025-10-31. The rest stands in the tables. Nothing else is claimed.",
    "summary_facts": ["SPY.close"],
    "recommendations": [CALL, {**CALL, "horizon": 21}, {**CALL, "horizon": 63}],
}


LONG = ("test_route.py", "test_time.py", "dashboard/", "faults/")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long files first: with a file to each core, the last ones to end are short ones then."""
    items.sort(key=lambda item: not any(name in item.nodeid for name in LONG))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The shared folder with the stand-in and the recorded answers; tests that need it skip where it is missing."""
    folder = Path(os.environ.get("MFO_SHARED", REPOSITORY.parent / "shared"))
    if not (folder / "upstream" / "__main__.py").is_file():
        pytest.skip(f"the shared folder is not at {folder}; set MFO_SHARED")
    return folder


class Upstream:
    """A running stand-in: the environment to run `mfo` with, what was asked of it, and its faults."""

    def __init__(self, process: "subprocess.Popen[str]", said: dict[str, Any]) -> None:
        self._process, self.root, self.env = process, str(said["root"]), dict(said["env"])

    def log(self) -> list[dict[str, Any]]:
        """Every request with its verdict."""
        return json.loads(self._call("/_log"))  # type: ignore[no-any-return]  # the stand-in answers a list

    def verdicts(self) -> list[str]:
        """The verdicts of every request, in order."""
        return [entry["verdict"] for entry in self.log()]

    def faults(self, *rules: dict[str, Any]) -> None:
        """From now on, go wrong like this."""
        self._call("/_faults", list(rules))

    def mood(self, mood: str, *contents: str) -> None:
        """How the model answers from now on; in `script` it says these contents, in turn."""
        self._call("/_llm", {"mood": mood, "script": list(contents)})

    def script(self, *contents: str) -> None:
        """The model says these, in turn."""
        self.mood("script", *contents)

    def now(self, instant: str) -> None:
        """Move the upstream's clock, and the one that `mfo` is run with."""
        self._call("/_now", instant)
        self.env["MFO_NOW"] = instant

    def vintage(self, name: str) -> None:
        """Give FRED's series as they were at another date, e.g. fred_later_vintage; "fred" is the first."""
        self._call("/_vintage", name)

    def reset(self) -> None:
        """Forget what was asked, and the quotas."""
        self._call("/_reset", {})

    def stop(self) -> None:
        """End the process."""
        self._process.terminate()
        self._process.wait(10)
        if self._process.stdout:
            self._process.stdout.close()

    def _call(self, path: str, payload: object = None) -> bytes:
        data = None if payload is None else json.dumps(payload).encode()
        with urllib.request.urlopen(self.root + path, data, timeout=30) as answer:
            return answer.read()  # type: ignore[no-any-return]  # urllib says Any of bytes


@pytest.fixture(scope="session")
def start_upstream(shared: Path) -> Iterator[Callable[..., Upstream]]:
    """A function that starts a stand-in with its options; all are stopped at the end."""
    running: list[Upstream] = []

    def start(*options: str) -> Upstream:
        process = subprocess.Popen(
            [sys.executable, str(shared / "upstream"), *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert process.stdout is not None
        upstream = Upstream(process, json.loads(process.stdout.readline()))
        running.append(upstream)
        return upstream

    yield start
    for upstream in running:
        upstream.stop()


@dataclass(frozen=True)
class Said:
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str


class Mfo:
    """The `mfo` command with an environment of its own: nothing of this machine's settings or keys."""

    def __init__(self, data_dir: Path, env: dict[str, str] | None = None, program: Path = MFO) -> None:
        self.data_dir = data_dir
        self.program = program
        self.env = {
            "PATH": os.environ["PATH"],
            "HOME": str(data_dir.parent),
            "MFO_DATA_DIR": str(data_dir),
            **(env or {}),
        }
        self.cwd = data_dir.parent

    def start(self, *arguments: str, **env: str) -> "subprocess.Popen[str]":
        """Start a command and do not wait."""
        return subprocess.Popen(
            [str(self.program), *arguments],
            env={**self.env, **env},
            cwd=self.cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *arguments: str, **env: str) -> Said:
        """Run a command to its end."""
        process = self.start(*arguments, **env)
        out, err = process.communicate(timeout=280)
        return Said(process.returncode, out, err)

    def rows(self, sql: str, *options: str) -> list[dict[str, Any]]:
        """The rows of a query."""
        said = self("query", sql, "--format", "json", *options)
        assert said.code == 0, said.err
        return json.loads(said.out)  # type: ignore[no-any-return]  # one array of row objects

    def artifact(self, path: str, site: Path | None = None) -> dict[str, Any]:
        """One artifact of the published site."""
        return json.loads(((site or self.data_dir / "site") / path).read_text(encoding="utf-8"))  # type: ignore[no-any-return]  # an object


@pytest.fixture
def mfo(tmp_path: Path) -> Mfo:
    """`mfo` with a fresh data folder and no keys."""
    return Mfo(tmp_path / "data")


@pytest.fixture
def fast(start_upstream: Callable[..., Upstream], tmp_path: Path) -> tuple[Mfo, Upstream]:
    """A stand-in without spacing and an `mfo` that knows it, for tests of what happens and not of when."""
    upstream = start_upstream(*IN_SECONDS)
    config = tmp_path / "mfo.toml"
    config.write_text(FAST)
    return Mfo(tmp_path / "data", {**upstream.env, **KEYS, "MFO_CONFIG": str(config)}), upstream


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file of a folder by its path."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@dataclass(frozen=True)
class Demo:
    """A demo run at a fixed instant: the command, its folder, and what it said."""

    mfo: Mfo
    folder: Path
    said: Said


DEMO_NOW = "2026-11-19T11:30:00+00:00"


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """One whole `run-daily --demo`, shared by every test that only looks at it."""
    command = Mfo(tmp_path_factory.mktemp("demo") / "data", {"MFO_NOW": DEMO_NOW})
    said = command("run-daily", "--demo")
    assert said.code == 0, said.err
    return Demo(command, command.data_dir.with_name("data-demo"), said)
