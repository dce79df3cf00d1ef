"""
The same bytes under each Python that is promised (3.11 to 3.13), with other time zones, locales and hash seeds.

`make pythons` sets up an environment for each other Python of this machine; `make soak` does, too.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import DEMO_NOW, REPOSITORY, Demo, Mfo, files_of

PROGRAMS = {path.parent.parent.name: path for path in sorted(REPOSITORY.glob(".venv/pythons/*/bin/mfo"))}
ABROAD = (
    {"TZ": "Pacific/Auckland", "LC_ALL": "C", "PYTHONHASHSEED": "7"},
    {"TZ": "America/St_Johns", "LC_ALL": "de_DE.UTF-8", "PYTHONHASHSEED": "99"},
)
# What a run measured of its machine, and so is of that run: how long answers took, and in which batches they came.
MEASURED = {"median_latency_ms", "line"}
OF_THE_RUN = {"data/sources.json", "data/pipeline.json"}
MANIFEST = "data/manifest.json"


@pytest.fixture(params=[pytest.param(each, id=name) for name, each in PROGRAMS.items()] or [None])
def program(request: pytest.FixtureRequest) -> Path:
    """`mfo` under another Python."""
    if request.param is None:
        pytest.skip("no other Python is set up here: `make pythons` looks for 3.11, 3.12 and 3.13 and sets them up")
    found: Path = request.param
    return found


def without_measures(value: Any) -> Any:
    """A document without what a run measured of its machine."""
    if isinstance(value, dict):
        return {name: without_measures(each) for name, each in value.items() if name not in MEASURED}
    return [without_measures(each) for each in value] if isinstance(value, list) else value


def listed(manifest: bytes) -> dict[str, Any]:
    """A manifest without the hashes of what a run measured."""
    document: dict[str, Any] = json.loads(manifest)
    document["artifacts"] = [entry for entry in document["artifacts"] if entry["path"] not in OF_THE_RUN]
    return document


@pytest.mark.soak
@pytest.mark.parametrize("abroad", ABROAD, ids=["Auckland", "St. John's"])
def test_another_python_exports_the_same_bytes(
    demo: Demo, program: Path, abroad: dict[str, str], tmp_path: Path
) -> None:
    """The site of one warehouse, file for file, the pictures and Parquet among them; as one page and for the public."""
    other = Mfo(demo.mfo.data_dir, demo.mfo.env | abroad, program)
    for options in ((), ("--public",)):
        for mfo, name in ((demo.mfo, "here"), (other, "there")):
            said = mfo("export", "--demo", "--out", str(tmp_path / name), *options)
            assert said.code == 0, said.err
        assert len(files_of(tmp_path / "here")) > 100
        assert files_of(tmp_path / "there") == files_of(tmp_path / "here")
    for mfo, name in ((demo.mfo, "here.html"), (other, "there.html")):
        assert mfo("export", "--demo", "--single-file", "--out", str(tmp_path / name)).code == 0
    assert (tmp_path / "there.html").read_bytes() == (tmp_path / "here.html").read_bytes()


@pytest.mark.soak
def test_a_whole_run_under_another_python_publishes_the_same_figures(demo: Demo, program: Path, tmp_path: Path) -> None:
    """From the first request to the last file; only what the run measured of the machine may differ."""
    mfo = Mfo(tmp_path / "data", {"MFO_NOW": DEMO_NOW, **ABROAD[0]}, program)
    said = mfo("run-daily", "--demo")
    assert said.code == 0, said.err
    here, there = files_of(demo.folder / "site"), files_of(tmp_path / "data-demo" / "site")
    assert set(there) == set(here)
    differing = {path for path in here if there[path] != here[path]}
    assert differing <= {*OF_THE_RUN, MANIFEST}
    for path in OF_THE_RUN:
        assert without_measures(json.loads(there[path])) == without_measures(json.loads(here[path])), path
    assert listed(there[MANIFEST]) == listed(here[MANIFEST])
