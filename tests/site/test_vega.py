"""What the page's charts need: the part of Vega that draws them, and their specs compiled; made once for a version."""

import json
from importlib.metadata import version
from pathlib import Path

import pytest

from etl.errors import FolderUnusable, PictureFailed
from etl.site.publish import vega
from etl.site.publish.folder import page_files

PAGE = page_files(Path(__file__).parents[2] / "dashboard")


def test_the_library_is_the_part_of_vega_that_draws_and_made_once(tmp_path: Path) -> None:
    """Without Vega-Lite and the transforms that no chart uses; the second time it comes from the cache."""
    body = vega.vega_bundle(tmp_path / "cache")
    assert len(body) < 480_000
    assert b"window.vega=" in body
    assert b"vega-lite" not in body
    (kept,) = (tmp_path / "cache").iterdir()
    assert kept.name.startswith(f"vega-{version('vl-convert-python')}-")
    kept.write_bytes(b"from the cache")
    assert vega.vega_bundle(tmp_path / "cache") == b"from the cache"


def test_specs_are_compiled_to_what_the_page_fills_in(tmp_path: Path) -> None:
    """A width, rows, signals for colours and the cursor, and panes by name; the same bytes twice, once made."""
    made = vega.compiled_specs(PAGE, tmp_path)
    assert sorted(made) == sorted(path for path in PAGE if path.startswith("specs/"))
    for path, body in made.items():
        spec = json.loads(body)
        signals = {one["name"] for one in spec["signals"]}
        assert spec["width"] > 0, path
        assert "rows" in [one["name"] for one in spec["data"]], path
        assert "pointed" in signals or path == "specs/depth.json"
        assert any(name.endswith("_colour") for name in signals), path
    assert "pressure_pct_group" in [mark["name"] for mark in json.loads(made["specs/price.json"])["marks"]]
    (kept,) = tmp_path.iterdir()
    kept.write_bytes(b"{}")
    assert vega.compiled_specs(PAGE, tmp_path) == {}
    changed = {"specs/line.json": PAGE["specs/line.json"].replace(b"190", b"191")}
    assert json.loads(vega.compiled_specs(changed, tmp_path)["specs/line.json"])["height"] == 191


def test_a_spec_that_is_none_and_a_cache_that_cannot_be_written_are_one_line(tmp_path: Path) -> None:
    """Rather than a traceback of a library."""
    with pytest.raises(PictureFailed, match="vl-convert failed: "):
        vega.compiled_specs({"specs/x.json": b'{"mark": 5}'}, tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(FolderUnusable, match="file"):
        vega.compiled_specs({}, tmp_path / "file")


def test_another_version_of_the_library_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its modules have other names; the page would be without charts."""
    monkeypatch.setattr(vega, "MODULES", vega.MODULES.replace("vega-view@6.1.0", "vega-view@9.9.9"))
    with pytest.raises(PictureFailed, match=r"vl-convert failed: .*vega-view@9\.9\.9"):
        vega.vega_bundle(tmp_path)
