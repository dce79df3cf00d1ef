"""Export end to end: a warehouse file, read only, to a folder on disk; the same bytes every time, or nothing at all."""

import hashlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest
from pyarrow import parquet

from etl.domain import Outcome
from etl.errors import DataWrong, UsageWrong
from etl.site.publish import export, vega
from etl.site.publish.folder import MARK, SinglePage, SiteFolder

ROOT = Path(__file__).parents[2]


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    """A warehouse file with the hand-made marts."""
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as con:
        con.execute((ROOT / "sql" / "lake.sql").read_text())
        con.execute((ROOT / "tests" / "site" / "made_marts.sql").read_text())
    return path


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """A page of one file, and a vega bundle in the cache so that no test waits for it to be made."""
    for name in ("page", "cache"):
        (tmp_path / name).mkdir()
    vega.kept_at(tmp_path / "cache", vega.LIBRARY, vega.MODULES.encode()).write_text("window.vega = null;")
    (tmp_path / "page" / "index.html").write_text("<!doctype html>")
    return tmp_path / "page"


def exported(warehouse: Path, site: SiteFolder, page: Path, **more: Any) -> Outcome:
    """One export from the read-only file."""
    with duckdb.connect(str(warehouse), read_only=True) as con:
        return export.run(
            con, site, page_root=page, cache=page.parent / "cache", version="0.1.0", timezone="Asia/Kolkata", **more
        )


def change(warehouse: Path, sql: str) -> None:
    """A change to the warehouse."""
    with duckdb.connect(str(warehouse)) as con:
        con.execute(sql)


def test_a_site_is_written_with_page_data_schemas_and_manifest(warehouse: Path, page: Path, tmp_path: Path) -> None:
    """Every file that the manifest lists is there with that hash, and no other."""
    site = SiteFolder(tmp_path / "site")
    outcome = exported(warehouse, site, page)
    found = site.read()
    manifest = json.loads(found["data/manifest.json"])
    listed = {one["path"]: one["sha256"] for one in manifest["artifacts"]}
    assert listed == {
        path: hashlib.sha256(body).hexdigest() for path, body in found.items() if path != "data/manifest.json"
    }
    for path in (
        "index.html",
        "vega.js",
        ".nojekyll",
        "_headers",
        "robots.txt",
        "data/parquet/regional_data_latest.parquet",
    ):
        assert path in found
    size = sum(len(body) for body in found.values())
    assert outcome.line == f"{len(found)} files, {size / 1e6:.1f} MB, as of 2025-11-01T03:43:00Z, in {site.root}"
    assert outcome.undone == ()


def test_two_exports_of_one_warehouse_are_the_same_bytes(warehouse: Path, page: Path, tmp_path: Path) -> None:
    """Also in another process with another hash seed, another time zone and another locale."""
    here, there = SiteFolder(tmp_path / "here"), tmp_path / "there"
    exported(warehouse, here, page)
    script = f"""
import duckdb
from pathlib import Path
from etl.site.publish.folder import MARK
from etl.site.publish import export
from etl.site.publish import vega as charts
from etl.site.publish.folder import SinglePage, SiteFolder
con = duckdb.connect({str(warehouse)!r}, read_only=True, config={{"threads": 1}})
export.run(
    con, SiteFolder(Path({str(there)!r})), page_root=Path({str(page)!r}),
    cache=Path({str(page.parent / "cache")!r}), version="0.1.0", timezone="Asia/Kolkata",
)
"""
    env = {**os.environ, "PYTHONHASHSEED": "7", "TZ": "Pacific/Auckland", "LC_ALL": "C", "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", script], check=True, env=env)
    assert SiteFolder(there).read() == here.read()


def test_json_is_written_in_its_canonical_form(warehouse: Path, page: Path, tmp_path: Path) -> None:
    """Sorted keys, UTF-8, one newline at the end, no NaN; what is dumped again is the same."""
    site = SiteFolder(tmp_path / "site")
    exported(warehouse, site, page)

    def refuse(word: str) -> None:
        raise AssertionError(word)

    for path, body in site.read().items():
        if path.startswith("data/") and path.endswith(".json"):
            read = json.loads(body, parse_constant=refuse)
            again = json.dumps(read, sort_keys=True, ensure_ascii=False, separators=(",", ":")) + "\n"
            assert body == again.encode(), path


def test_check_compares_and_writes_nothing(warehouse: Path, page: Path, tmp_path: Path) -> None:
    """Equal: nothing undone. A changed value: the file and its first differing place. No folder: all are missing."""
    site = SiteFolder(tmp_path / "site")
    absent = exported(warehouse, site, page, check=True)
    assert len(absent.undone) == absent.details["differences"]
    assert not site.root.exists()
    exported(warehouse, site, page)
    equal = exported(warehouse, site, page, check=True)
    assert (equal.undone, equal.line) == ((), f"{site.root} holds what this warehouse gives: {len(site.read())} files")
    before = site.read()
    change(warehouse, "update marts.crypto_internals_60m set taker_imbalance = 0.07")
    differs = exported(warehouse, site, page, check=True)
    assert (
        differs.undone[0]
        == "data/internals.json: $.crypto.taker_imbalance is 0.05 in the folder, 0.07 from the warehouse"
    )
    assert [line.split(":")[0] for line in differs.undone] == ["data/internals.json", "data/manifest.json"]
    assert site.read() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache", "page", "site", "warehouse.duckdb"]


def test_what_does_not_fit_its_schema_leaves_the_old_site(warehouse: Path, page: Path, tmp_path: Path) -> None:
    """A correlation of 1.5 is refused before anything is written."""
    site = SiteFolder(tmp_path / "site")
    exported(warehouse, site, page)
    before = site.read()
    change(warehouse, "update marts.correlations set r = 1.5 where symbol_a = 'SPY' and symbol_b = 'FXI'")
    with pytest.raises(
        DataWrong, match=r"correlations\.json does not fit its schema at \$\.windows\[\d\]\.r\[0\]\[1\]: 1\.5"
    ):
        exported(warehouse, site, page)
    assert site.read() == before


def test_a_folder_of_somebody_else_is_not_published_over(warehouse: Path, page: Path, tmp_path: Path) -> None:
    """`--out` with a wrong path must not cost anybody a folder."""
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.md").write_text("years of work")
    with pytest.raises(UsageWrong, match=r"chapter\.md"):
        exported(warehouse, SiteFolder(tmp_path / "thesis"), page)
    assert (tmp_path / "thesis" / "chapter.md").read_text() == "years of work"


def test_parquet_files_hold_the_marts_rows_in_order_rounded_as_the_json_is(
    warehouse: Path, page: Path, tmp_path: Path
) -> None:
    """Sorted, compressed, marked when made up, with no instant of their making."""
    site = SiteFolder(tmp_path / "site")
    change(warehouse, "update lake.publication set demo = true")
    exported(warehouse, site, page)
    files = {path.split("/")[-1]: io.BytesIO(body) for path, body in site.read().items() if path.endswith(".parquet")}
    assert sorted(files) == ["asset_prices_latest.parquet", "regional_data_latest.parquet"]
    prices = parquet.read_table(files["asset_prices_latest.parquet"])
    with duckdb.connect(str(warehouse), read_only=True) as con:
        wanted = con.execute("select symbol, trade_date, close from marts.daily_prices order by 1, 2").fetchall()
    rounded = [(symbol, day, float(f"{close:.10g}")) for symbol, day, close in wanted]
    assert list(zip(*(prices[name].to_pylist() for name in ("symbol", "trade_date", "close")), strict=True)) == rounded
    assert set(prices["demo"].to_pylist()) == {True}
    assert prices.schema.metadata[b"as_of"] == b"2025-11-01T03:43:00Z"
    assert prices.schema.metadata[b"demo"] == b"true"
    regions = parquet.read_table(files["regional_data_latest.parquet"]).to_pylist()
    assert [(row["node"], row["pressure_pct"]) for row in regions if row["window"] == "1W"] == [
        ("China", 5),
        ("USA", -10),
    ]
    assert (
        parquet.ParquetFile(files["regional_data_latest.parquet"]).metadata.row_group(0).column(0).compression == "ZSTD"
    )


def test_a_public_export_holds_no_row_that_may_not_be_published_again(
    warehouse: Path, page: Path, tmp_path: Path
) -> None:
    """Also not in the Parquet; the manifest says that it is the public one."""
    site = SiteFolder(tmp_path / "site")
    exported(warehouse, site, page, public=True)
    found = site.read()
    prices = parquet.read_table(io.BytesIO(found["data/parquet/asset_prices_latest.parquet"]))
    assert set(prices["symbol"].to_pylist()) == {"BTCUSDT"}
    assert json.loads(found["data/manifest.json"])["public"] is True
    assert json.loads(found["data/candles/SPY/1d.json"])["columns"]["close"] == []


def test_one_file_is_written_compared_and_never_over_what_is_not_ours(
    warehouse: Path, page: Path, tmp_path: Path
) -> None:
    """The same bytes twice, `--check` says when they would differ, and a file of somebody else stays."""
    place = SinglePage(tmp_path, MARK)
    real = {"page_root": ROOT / "dashboard"}

    def one_page(**more: Any) -> Outcome:
        with duckdb.connect(str(warehouse), read_only=True) as con:
            known = {"cache": page.parent / "cache", "version": "0.1.0", "timezone": "Asia/Kolkata"}
            return export.run(con, place, **real, **known, **more)  # type: ignore[arg-type]  # one dict of two kinds

    said = one_page().line
    assert (place.root.name, said.startswith("one file, ")) == ("money-flow.html", True)
    before = place.root.read_bytes()
    assert one_page(check=True).undone == ()
    one_page()
    assert place.root.read_bytes() == before
    change(warehouse, "update marts.crypto_internals_60m set taker_imbalance = 0.07")
    assert one_page(check=True).undone[0].startswith("money-flow.html: ")
    assert place.root.read_bytes() == before
    place.root.write_text("<p>my thesis</p>")
    with pytest.raises(UsageWrong, match="not a page that mfo wrote"):
        one_page()
    assert place.root.read_text() == "<p>my thesis</p>"
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []
