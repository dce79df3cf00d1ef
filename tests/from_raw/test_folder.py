"""The site folder as a whole: manifest, schemas, rounding, and that no artifact is without its test here."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.from_raw.comparing import plain
from tests.from_raw.conftest import Published
from tests.from_raw.recomputation import Recomputation
from tests.from_raw.universe import artifacts

pytestmark = pytest.mark.parametrize("run", ["demo"], indirect=True)

MANIFEST = "data/manifest.json"
DIGITS = 10
PLACES = [path for path in artifacts("DATE") if path.endswith(".json")]


def test_the_artifacts_are_exactly_those_that_are_recomputed_here(raw: Recomputation, site: Path) -> None:
    """A file below data/ that this folder does not know has no recomputation: it needs one, and a place in the list."""
    found = sorted(path.relative_to(site).as_posix() for path in (site / "data").rglob("*") if path.is_file())
    assert found == artifacts(raw.anchor)


def test_the_manifest_lists_every_file_with_its_hash_and_size(site: Path, published: Published) -> None:
    """data/manifest.json `artifacts`: every file of the folder but itself, with the SHA-256 and size of its bytes."""
    files = {path.relative_to(site).as_posix(): path.read_bytes() for path in site.rglob("*") if path.is_file()}
    del files[MANIFEST]
    wanted = {path: (hashlib.sha256(body).hexdigest(), len(body)) for path, body in files.items()}
    listed = published(MANIFEST)["artifacts"]
    assert {one["path"]: (one["sha256"], one["bytes"]) for one in listed} == wanted
    assert [one["path"] for one in listed] == sorted(wanted)


def test_every_schema_is_a_schema_and_belongs_to_an_artifact(site: Path, published: Published) -> None:
    """schema/*.json: each satisfies draft 2020-12 and is named by an artifact, or is the manifest's own."""
    schemas = {f"schema/{path.name}" for path in (site / "schema").iterdir()}
    named = {one["schema"] for one in published(MANIFEST)["artifacts"] if one["schema"]}
    assert schemas == named | {"schema/manifest.json"}
    for path in sorted(schemas):
        jsonschema.Draft202012Validator.check_schema(published(path))


@pytest.mark.parametrize("place", PLACES)
def test_an_artifact_validates_against_the_schema_it_names(
    place: str, raw: Recomputation, published: Published
) -> None:
    """Each JSON file of data/ by jsonschema itself, with the schema that the manifest gives for it."""
    path = place.replace("DATE", raw.anchor)
    named = {one["path"]: one["schema"] for one in published(MANIFEST)["artifacts"]}
    schema = published(named.get(path, "schema/manifest.json"))  # the manifest cannot list itself
    jsonschema.validate(published(path), schema, jsonschema.Draft202012Validator)


@pytest.mark.parametrize("place", PLACES)
def test_an_artifact_keeps_ten_digits_and_says_that_it_is_made_up(
    place: str, raw: Recomputation, published: Published
) -> None:
    """No number has more than ten significant digits; as_of is the run's instant, and `demo` is true."""
    path = place.replace("DATE", raw.anchor)
    document = published(path)
    assert [one for one in numbers(document) if float(f"{one:.{DIGITS}g}") != one] == []
    says = {name: document[name] for name in ("as_of", "demo", "reconstructed", "schema_version", "run_id")}
    wanted = {"as_of": plain(raw.as_of), "demo": True, "reconstructed": False, "schema_version": "1.0"}
    assert says == {**wanted, "run_id": published(MANIFEST)["run_id"]}


def numbers(document: Any) -> Iterator[float]:
    """Every float of a document."""
    if isinstance(document, dict | list):
        for one in document.values() if isinstance(document, dict) else document:
            yield from numbers(one)
    elif isinstance(document, float):
        yield document
