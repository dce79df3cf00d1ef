"""A stand-in upstream and an `mfo` for one measurement: started here, stopped at its end."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[2]
MFO = str(Path(sys.executable).with_name("mfo"))
SHARED = Path(os.environ.get("MFO_SHARED", REPOSITORY.parent / "shared"))
SYMBOLS = ("L0001USDT", "L0002USDT")
SETTINGS = """
[universe]
stocks = ["AAPL", "L0001USDT", "L0002USDT"]
[watchlists]
both = ["L0001USDT", "L0002USDT"]
"""


@dataclass(frozen=True)
class StandIn:
    """A running stand-in: where it is, and the environment to run `mfo` with."""

    root: str
    env: dict[str, str]

    def log(self) -> list[dict[str, Any]]:
        """Every request with its verdict."""
        with urllib.request.urlopen(f"{self.root}/_log", timeout=60) as answer:
            return json.loads(answer.read())  # type: ignore[no-any-return]  # the stand-in answers a list

    def tell(self, path: str, payload: object) -> None:
        """Set it: `/_llm` how the model answers, `/_faults` what goes wrong, `/_reset` what was asked."""
        with urllib.request.urlopen(self.root + path, json.dumps(payload).encode(), timeout=60) as answer:
            answer.read()

    def warm(self, path: str) -> None:
        """Ask for an address once, so that its answer is made before anything is measured."""
        with urllib.request.urlopen(f"{self.root}/binance_archive{path}", timeout=60) as answer:
            answer.read()


@contextmanager
def stand_in(*options: str) -> Iterator[StandIn]:
    """Start one, stop it afterwards."""
    if not (SHARED / "upstream" / "__main__.py").is_file():
        sys.stderr.write(f"skipped: the shared folder is not at {SHARED}; set MFO_SHARED\n")
        raise SystemExit(0)
    command = [sys.executable, str(SHARED / "upstream"), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        try:
            yield StandIn(said["root"], said["env"])
        finally:
            process.terminate()


@dataclass(frozen=True)
class Measured:
    """How a command ran: seconds of the wall, seconds of a core, the most memory that it held in MB."""

    wall_s: float
    cpu_s: float
    peak_mb: float
    said: str


MEASURE = """
import json, resource, subprocess, sys, time
started = time.monotonic()
process = subprocess.run(sys.argv[1:], capture_output=True, text=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([time.monotonic() - started, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024,
                  process.stdout + process.stderr, process.returncode]))
"""


def measured(folder: Path, env: dict[str, str], command: list[str]) -> Measured:
    """Run a command and measure it; one that fails ends the benchmark with what it said."""
    clean = {"PATH": os.environ["PATH"], "HOME": str(folder), **env}
    ran = subprocess.run(
        [sys.executable, "-c", MEASURE, *command], env=clean, cwd=folder, capture_output=True, text=True, check=True
    )
    wall_s, cpu_s, peak_mb, said, code = json.loads(ran.stdout)
    if code:
        raise SystemExit(f"{' '.join(command)} ended with {code}:\n{said}")
    return Measured(wall_s, cpu_s, peak_mb, said)


def mfo(folder: Path, upstream: StandIn, *arguments: str, settings: str = "", only: str | None = None) -> Measured:
    """Run `mfo` on a data folder of its own; `only` takes the place of the settings that load runs share."""
    (folder / "mfo.toml").write_text(SETTINGS + settings if only is None else only, encoding="utf-8")
    return measured(folder, environment(folder, upstream), [MFO, *arguments])


def watched(folder: Path, upstream: StandIn, *arguments: str) -> tuple[dict[str, float], float]:
    """Run `mfo`; the second in which each stage said that it was done, by its name, and the most memory in MB."""
    (folder / "mfo.toml").write_text(SETTINGS, encoding="utf-8")
    env = environment(folder, upstream)
    started = time.monotonic()
    process = subprocess.Popen([MFO, *arguments], env=env, cwd=folder, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    said = [(time.monotonic() - started, line) for line in process.stderr]
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit("".join(line for _, line in said))
    return {line.split()[0]: seconds for seconds, line in said if line.strip()}, used.ru_maxrss / 1024


def environment(folder: Path, upstream: StandIn) -> dict[str, str]:
    """Of an `mfo` whose data, settings and home are in `folder`."""
    own = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    return {**own, **upstream.env, "MFO_DATA_DIR": str(folder / "data"), "MFO_CONFIG": str(folder / "mfo.toml")}
