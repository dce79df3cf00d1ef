"""
vl-convert, in a process of its own that sees no font of the machine.

vl-convert carries Liberation Sans, but prefers a font of that name which the machine has, in whatever version; the
fonts are read once in a process' life. So the drawing process is given a font configuration that names an empty
folder: the same drawing is then the same bytes on every machine. Starting it takes 0.1 s.
"""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from etl.errors import PictureFailed

_FONTS = '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig><dir>{}</dir></fontconfig>'


def pngs(drawings: Mapping[str, str]) -> dict[str, bytes]:
    """
    SVG -> PNG, by name, at one pixel for a unit.

    Raises:
        PictureFailed: one of them is no SVG.
    """
    return _drawn({name: {"svg": svg} for name, svg in drawings.items()})


def chart(spec: Mapping[str, Any], form: str) -> bytes:
    """
    A Vega-Lite spec with its data -> `svg`, or `png` at two pixels for a unit.

    Raises:
        PictureFailed: the spec cannot be drawn.
    """
    return _drawn({"chart": {"spec": spec, "form": form}})["chart"]


def bundle(modules: str) -> bytes:
    """
    A script that imports modules which vl-convert holds -> one module with all that it uses of them.

    Raises:
        PictureFailed: it holds no such module.
    """
    return _drawn({"bundle": {"modules": modules}})["bundle"]


def compiled(specs: Mapping[str, Any]) -> dict[str, bytes]:
    """
    Vega-Lite specs -> Vega's, as canonical JSON, by name.

    Raises:
        PictureFailed: one cannot be compiled.
    """
    return _drawn({name: {"compile": spec} for name, spec in specs.items()}) if specs else {}


def _drawn(orders: Mapping[str, Mapping[str, Any]]) -> dict[str, bytes]:
    with TemporaryDirectory() as folder:
        fonts = Path(folder) / "fonts.conf"
        fonts.write_text(_FONTS.format(folder), encoding="utf-8")
        env = {**os.environ, "FONTCONFIG_FILE": str(fonts), "TZ": "UTC"}
        # -P: an `etl` in the folder where the user stands is not ours
        command = [sys.executable, "-P", "-m", "etl.site.publish.render"]
        done = subprocess.run(command, input=json.dumps(orders).encode(), capture_output=True, env=env, check=False)
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise PictureFailed(f"vl-convert failed: {said[-1] if said else f'exit {done.returncode}'}")
    return {name: base64.b64decode(body) for name, body in json.loads(done.stdout).items()}


def _draw(order: Mapping[str, Any]) -> bytes:
    import vl_convert

    if "modules" in order:
        return str(vl_convert.javascript_bundle(order["modules"])).encode()
    if "compile" in order:
        return (json.dumps(vl_convert.vegalite_to_vega(order["compile"]), sort_keys=True) + "\n").encode()
    if "svg" in order:
        return bytes(vl_convert.svg_to_png(order["svg"]))
    if order["form"] == "svg":
        return str(vl_convert.vegalite_to_svg(order["spec"])).encode()
    return bytes(vl_convert.vegalite_to_png(order["spec"], scale=2))


if __name__ == "__main__":
    drawn = {name: base64.b64encode(_draw(order)).decode() for name, order in json.load(sys.stdin).items()}
    sys.stdout.write(json.dumps(drawn))
