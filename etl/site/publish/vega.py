"""
What the page's charts need of vl-convert: the part of Vega that draws them, and their specs as Vega.

The specs of dashboard/ are Vega-Lite. They are compiled here, so that the page needs neither Vega-Lite nor the rest of
Vega: 153 kB over the wire in place of 305. Making both takes seconds and gives the same bytes for the same version, so
they are kept in the cache under it.
"""

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path

from etl.errors import FolderUnusable
from etl.site.publish import render

SPECS, LIBRARY = "specs/", "vega.js"
# The addresses are names: vl-convert holds these modules, of these versions, and fetches nothing. Whoever raises the
# version of vl-convert in pyproject.toml looks up the new ones; a test fails until then.
MODULES = """
import { parse } from "https://cdn.jsdelivr.net/npm/vega-parser@7.1.0/+esm";
import { View } from "https://cdn.jsdelivr.net/npm/vega-view@6.1.0/+esm";
import { expressionInterpreter } from "https://cdn.jsdelivr.net/npm/vega-interpreter@2.0.0/+esm";
import { transforms } from "https://cdn.jsdelivr.net/npm/vega-dataflow@6.1.0/+esm";
import * as data from "https://cdn.jsdelivr.net/npm/vega-transforms@5.1.0/+esm";
import * as views from "https://cdn.jsdelivr.net/npm/vega-view-transforms@5.1.0/+esm";
import * as encode from "https://cdn.jsdelivr.net/npm/vega-encode@5.1.0/+esm";
Object.assign(transforms, data, views, encode);
window.vega = { parse, View, expressionInterpreter };
"""


def vega_bundle(cache: Path) -> bytes:
    """
    The part of Vega that draws the page's charts, as one module that leaves `vega` on the window.

    Raises:
        FolderUnusable: the cache cannot be written.
        PictureFailed: this version of vl-convert holds other modules.
    """
    return _kept(cache, LIBRARY, MODULES.encode(), lambda: render.bundle(MODULES))


def compiled_specs(page: Mapping[str, bytes], cache: Path) -> dict[str, bytes]:
    """
    The page's Vega-Lite specs as Vega, by path.

    Raises:
        FolderUnusable: the cache cannot be written.
        PictureFailed: one is no Vega-Lite.
    """
    specs = {path: json.loads(body) for path, body in page.items() if path.startswith(SPECS)}
    source = json.dumps(specs, sort_keys=True).encode()
    kept = _kept(cache, "specs.json", source, lambda: _as_one(render.compiled(specs)))
    return {path: body.encode() for path, body in json.loads(kept).items()}


def _as_one(compiled: Mapping[str, bytes]) -> bytes:
    return json.dumps({path: body.decode() for path, body in compiled.items()}, sort_keys=True).encode()


def kept_at(cache: Path, name: str, source: bytes) -> Path:
    """Where what is made of a source by this version of vl-convert is kept."""
    stem, _, suffix = name.partition(".")
    return cache / f"{stem}-{version('vl-convert-python')}-{hashlib.sha256(source).hexdigest()[:12]}.{suffix}"


def _kept(cache: Path, name: str, source: bytes, make: Callable[[], bytes]) -> bytes:
    kept = kept_at(cache, name, source)
    try:
        if kept.is_file():
            return kept.read_bytes()
        body = make()
        cache.mkdir(parents=True, exist_ok=True)
        beside = kept.with_name(f".{kept.name}.{os.getpid()}")
        beside.write_bytes(body)
        os.replace(beside, kept)
    except OSError as error:
        raise FolderUnusable(f"{cache}: {error.strerror or error}") from None
    return body
