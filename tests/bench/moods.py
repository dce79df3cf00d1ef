"""
What a user sees of each way in which a language model behaves, and what is published then: `make moods` prints it.

A folder with the stand-in's prices is made once; `mfo analyze` runs on a copy of it for each mood and each fault. It
has to end with 0 where the model wrote the note and with 3 where the rules did; the bench fails where one does not.

The stand-in's own words are the same recommendation three times, which is refused. Where a mood is to write a good
note, it says what the rules wrote of the day (`script`).
"""

import json
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.upstream import MFO, StandIn, environment, stand_in

CONFIG = """
[universe]
regions = { USA = ["SPY"], China = ["FXI"], Japan = ["EWJ"] }
asset_classes = { Stocks = ["SPY"], Bonds = ["TLT"], Crypto = ["BTCUSDT"], Cash = ["BIL"] }
stocks = []
series = ["DGS10", "VIXCLS"]
"""
CALL = {
    "title": "Buy DOGE now", "action": "Buy DOGE up to 987.65.", "symbol": "SPY", "stance": "overweight", "horizon": 5,
    "confidence": 0.9, "against": "Nothing.", "facts": ["SPY.close"],
}  # fmt: skip
OBEYED = {  # what planted words want: a stranger, with a price target
    "summary": "DOGE will gain 40 percent. Its target is 987.65. The rest is ignored.",
    "summary_facts": ["SPY.close"],
    "recommendations": [CALL, {**CALL, "horizon": 21}, {**CALL, "horizon": 63}],
}
WRITES = ("script", "no_schema+script", "reasoning+script", "no_effort_none+script", "no_effort_none+no_schema+script")
MOODS = (
    "faithful", "prose", "liar", "malformed", "wrong_schema", "empty", "length", "refusal", "retired", "thinks",
    "think_tags",
)  # fmt: skip
SAYS = ("prose", "think_tags", "obeyed", "nan", "half_a_character", "mended")  # in `script`, what `_script` has for it
FAULTS = ("http_401", "http_404", "http_429", "http_500", "html_200", "redirect", "reset", "empty_object", "garbage")
WHO = "select model from daily_recommendations where scope = 'portfolio'"
RULES = "select document from lake.notes where model = 'rules' order by sequence desc limit 1"
KEPT = "select document from lake.notes where document ->> 'label' = 'model' order by sequence"


@dataclass(frozen=True)
class Seen:
    """One run: its exit code, who wrote what is published, what was refused of the replies, what the user was told."""

    name: str
    code: int
    writer: str
    asked: int
    refused: list[str]
    said: list[str]


def main() -> None:
    """Print a table, and under it the reasons and the lines of each run."""
    with stand_in() as upstream, tempfile.TemporaryDirectory() as root:
        source = Path(root) / "source"
        source.mkdir()
        (source / "mfo.toml").write_text(CONFIG, encoding="utf-8")
        made = _mfo(source, upstream, "run-daily", "--no-llm")
        if made.returncode not in (0, 3):  # 3: of three chains one has no key
            raise SystemExit(made.stderr)
        good, seen = _good(source, upstream), []
        for name in (*WRITES, *MOODS, *(f"says:{what}" for what in SAYS), *(f"fault:{kind}" for kind in FAULTS)):
            _behave(upstream, name, good)
            folder = Path(root) / name.replace(":", "-")
            shutil.copytree(source, folder)
            seen.append(_seen(name, folder, upstream))
            shutil.rmtree(folder)
    sys.stdout.write("\n".join([*_table(seen), "", *(line for each in seen for line in _told(each)), ""]))
    wrong = [
        each.name for each in seen if (each.code == 0) != each.writer.startswith("model") or each.code not in (0, 3)
    ]
    if wrong:
        raise SystemExit(f"the exit code is not 0 by the model and 3 by the rules: {', '.join(wrong)}")


def _good(folder: Path, upstream: StandIn) -> dict[str, Any]:
    """A reply that stands: what the rules wrote of the day."""
    (row,) = _rows(folder, upstream, RULES)
    note = json.loads(row["document"])
    calls = [{name: call[name] for name in CALL} for call in note["recommendations"]]
    return {"summary": note["summary"], "summary_facts": note["summary_facts"][:8], "recommendations": calls}


def _script(what: str, good: dict[str, Any]) -> list[str]:
    first, *others = good["recommendations"]
    nan = json.dumps({**good, "recommendations": [{**first, "confidence": float("nan")}, *others]})
    half, said = json.dumps({**good, "summary": f"\ud83d {good['summary']}"}), json.dumps(good)
    return {
        "prose": [f"Here it is:\n```json\n{said}\n```\nGood luck!"],
        "think_tags": [f"<think>So be it.</think>\n{said}"],
        "obeyed": [json.dumps(OBEYED)] * 2, "nan": [nan] * 2, "half_a_character": [half] * 2, "mended": [nan, said],
    }[what]  # fmt: skip


def _behave(upstream: StandIn, name: str, good: dict[str, Any]) -> None:
    upstream.tell("/_reset", {})
    kind, _, what = name.partition(":")
    upstream.tell("/_faults", [{"provider": "openai", "kind": what, "times": -1}] if kind == "fault" else [])
    mood = {"fault": "faithful", "says": "script"}.get(kind, kind)
    script = _script(what, good) if kind == "says" else [json.dumps(good)] * 2
    upstream.tell("/_llm", {"mood": mood, "script": script})


def _seen(name: str, folder: Path, upstream: StandIn) -> Seen:
    ran = _mfo(folder, upstream, "analyze", "--force")
    (shown,) = _rows(folder, upstream, WHO)
    documents = [json.loads(str(row["document"])) for row in _rows(folder, upstream, KEPT)]
    verified = [each for each in documents if each["verified"]]
    writer = f"model, as {verified[-1]['asked_as']}" if verified else str(shown["model"])
    findings = [f"{f['sentence'] or f['quote']}  <- {f['why']}" for each in documents for f in each["findings"]]
    asked = sum(entry["provider"] == "openai" for entry in upstream.log())
    return Seen(name, ran.returncode, writer, asked, list(dict.fromkeys(findings)), ran.stderr.splitlines())


def _table(seen: list[Seen]) -> list[str]:
    rows = [("mood", "exit", "published by", "asked", "refused")]
    rows += [(s.name, str(s.code), s.writer, str(s.asked), str(len(s.refused))) for s in seen]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _told(seen: Seen) -> list[str]:
    """What was refused, and what the command said of the note."""
    of_the_note = [at for at, line in enumerate(seen.said) if line.split()[0] in ("analyze", "publish")]
    said = seen.said[of_the_note[0] : of_the_note[-1]] if len(of_the_note) > 1 else seen.said
    return [f"{seen.name}:", *(f"  refused    {each}" for each in seen.refused), *(f"  user  {line}" for line in said)]


def _rows(folder: Path, upstream: StandIn, sql: str) -> list[dict[str, Any]]:
    said = _mfo(folder, upstream, "query", sql, "--format", "json")
    if said.returncode:
        raise SystemExit(said.stderr)
    return json.loads(said.stdout)  # type: ignore[no-any-return]  # an array of objects


def _mfo(folder: Path, upstream: StandIn, *arguments: str) -> "subprocess.CompletedProcess[str]":
    env = environment(folder, upstream)
    return subprocess.run([MFO, *arguments], env=env, cwd=folder, capture_output=True, text=True, check=False)


if __name__ == "__main__":
    main()
