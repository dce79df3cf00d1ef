"""The rules of the house, asked of every file: each test lists all that break its rule."""

import ast
import hashlib
import importlib
import re
from pathlib import Path

import pytest

from etl.providers import PROVIDERS
from tests.house import (
    ROOT,
    SHARED,
    assert_none,
    comments,
    committed,
    every_test,
    functions,
    imported_at_run_time,
    importers,
    models,
    name_of,
    python_files,
    sql_files,
    tree_of,
    windows_of,
)

WORDLESS_NAMES = {"utils", "util", "helpers", "helper", "common", "base", "misc"}
# what the estimate once was called; a flow that somebody counted has other names (flow_usd, flow_pct, net creations)
ESTIMATE_AS_A_FLOW = re.compile(
    r"(?i)\b(?:in|out)[- ]?flow(?:s|ed|ing)?\b|\bnet[- _]flow|[\"'`>(](?:gives|takes)\b|\btakes in\b"
    r"|\bvolume_flow|\bexcess_usd\b|\bflow_multiplier\b"
)
PLUGIN_NAMES = {"FAMILY"}  # what every artifact's module calls its own
PLUGINS = ("etl/providers/", "etl/demo/", "etl/site/artifacts/", "etl/site/feeds/")
DATA_FILES = {".csv", ".parquet", ".duckdb", ".db", ".zip", ".xlsx", ".zst"}


def test_every_sql_model_says_what_a_row_is_and_its_grain() -> None:
    """Line 1 is a sentence; line 2 of a model is its grain, of a check its severity; a saved query has no grain."""
    offenders = []
    for path in models():
        first, second, *_ = path.read_text(encoding="utf-8").splitlines()
        expected = {"checks": r"-- severity: \w+", "queries": r".*"}.get(path.parent.name, r"-- grain: \w+(, \w+)*")
        if not re.match(r"-- [A-Z0-9].*\S", first) or not re.fullmatch(expected, second):
            offenders.append(name_of(path))
    assert_none(offenders)


def test_every_window_in_sql_has_an_order() -> None:
    """Nothing may depend on the order in which rows lie; an aggregate of a whole partition is a GROUP BY."""
    files = {name_of(path): path.read_text(encoding="utf-8") for path in sql_files()}
    assert len([window for sql in files.values() for window in windows_of(sql)]) > 50
    assert_none(
        [f"{name}: {window}" for name, sql in files.items() for window in windows_of(sql) if "order by" not in window]
    )


def test_every_check_is_named_after_a_model_and_its_claim() -> None:
    """A check is <model>__<claim>.sql, and the model exists."""
    known = {path.stem for path in models() if path.parent.name != "checks"}
    checks = [path for path in models() if path.parent.name == "checks"]
    assert len(checks) > 5
    assert_none(
        [name_of(path) for path in checks if path.stem.partition("__")[0] not in known or "__" not in path.stem]
    )


def test_no_module_has_a_name_without_a_meaning() -> None:
    """No utils, helpers, common or base: a helper lives beside its only caller, or is a word of the domain."""
    assert_none([name_of(path) for path in python_files() if path.stem in WORDLESS_NAMES])


def test_the_command_line_is_one_module() -> None:
    """cli.py is a file, not a package."""
    assert (ROOT / "cli.py").is_file()
    assert not (ROOT / "cli").exists()


def test_only_the_wire_imports_httpx() -> None:
    """Sockets for market data are opened in one module, because httpx's errors and logs carry the key."""
    users = [name_of(path) for path in python_files("etl/", "cli.py") if "httpx" in imported_at_run_time(path)]
    assert users == ["etl/extract/http_client.py"]


def test_no_handler_catches_everything() -> None:
    """No bare except and no `except Exception`: a bug crashes with its traceback."""
    offenders = [
        f"{name_of(path)}:{node.lineno}"
        for path in python_files()
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ExceptHandler)
        and (
            node.type is None or "Exception" in {name.id for name in ast.walk(node.type) if isinstance(name, ast.Name)}
        )
    ]
    assert_none(offenders)


def test_every_test_is_a_sentence_with_a_docstring() -> None:
    """A test's name has at least four words, and its docstring says what is claimed."""
    offenders = [
        place
        for place, function in every_test()
        if len(function.name.removeprefix("test_").split("_")) < 4 or not ast.get_docstring(function)
    ]
    assert_none(offenders)


def test_every_test_can_fail_by_its_own_claim() -> None:
    """A test asserts, expects, validates, or calls a function of tests/ that does."""
    every = [function for path in python_files("tests/") for function in functions(path)]
    claiming = {"raises", "warns", "fail", "expect", "validate"}
    while found := {function.name for function in every if _claims(function, claiming)} - claiming:
        claiming |= found
    assert_none([place for place, function in every_test() if not _claims(function, claiming)])


def _claims(function: ast.AST, claiming: set[str]) -> bool:
    for node in ast.walk(function):
        if isinstance(node, ast.Assert):
            return True
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in claiming:
                return True
    return False


def test_every_provider_cites_its_source_and_has_a_parse_test() -> None:
    """A provider's module docstring holds the link to its documentation, and tests/providers names it."""
    tests = [path.read_text(encoding="utf-8") for path in python_files("tests/providers/test_")]
    offenders = []
    for name in PROVIDERS:
        if "https://" not in (importlib.import_module(f"etl.providers.{name}").__doc__ or ""):
            offenders.append(f"{name}: no link in its docstring")
        if not any(re.search(rf"\b({name}|{name.upper()})\b", text) for text in tests):
            offenders.append(f"{name}: no test of tests/providers names it")
    assert_none(offenders)


def test_every_ignore_has_its_code_and_its_reason() -> None:
    """`noqa: CODE - why` and `type: ignore[code]  # why`, on the same line."""
    well_formed = re.compile(
        r"# noqa: [A-Z]+\d+(, ?[A-Z]+\d+)* *[-#] *\S+ \S+|# type: ignore\[[a-z-]+(, ?[a-z-]+)*\] *# *\S+ \S+"
    )
    offenders = [
        f"{place} {text}"
        for path in python_files()
        for place, text in comments(path)
        if re.search(r"#\s*(noqa|type:\s*ignore)", text) and not well_formed.search(text)
    ]
    assert_none(offenders)


def test_the_estimate_is_nowhere_called_a_flow() -> None:
    """Page, prompts, site and notes say buying pressure: nothing came in, went out, was given or taken."""
    shown = ("dashboard/", "prompts/", "etl/site/", "etl/notes/", "etl/site/publish/symbol_chart.py", "sql/")
    texts = {name_of(path): path.read_text(encoding="utf-8") for path in committed() if name_of(path).startswith(shown)}
    assert len(texts) > 200
    assert_none([f"{name}: {hit[0]}" for name, text in texts.items() if (hit := ESTIMATE_AS_A_FLOW.search(text))])


def test_no_module_type_or_constant_has_a_name_twice() -> None:
    """A word means one thing: a name can be searched for, and an import needs no second look."""
    places: dict[str, list[str]] = {}
    for path in python_files("etl/"):
        if path.stem != "__init__":
            places.setdefault(f"module {path.stem}", []).append(name_of(path))
        for name in _public_names(tree_of(path)) - PLUGIN_NAMES:
            places.setdefault(name, []).append(name_of(path))
    assert len(places) > 500
    assert_none([f"{name}: {', '.join(found)}" for name, found in sorted(places.items()) if len(found) > 1])


def _public_names(tree: ast.Module) -> set[str]:
    """The types and constants of a module that others can import."""
    names: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return {name for name in names if not name.startswith("_")}


def test_a_module_has_more_than_one_importer_or_is_a_plug_in() -> None:
    """What one module alone needs stands in that module; a stage has one caller, which is the order of a run."""
    offenders = []
    for path in python_files("etl/"):
        users = importers(path)
        if path.stem == "__init__" or name_of(path).startswith(PLUGINS) or "/rule_" in name_of(path):
            continue
        if len(users) < 2 and not any(user.startswith(("cli", "etl.commands", "etl.pipeline")) for user in users):
            offenders.append(f"{name_of(path)}: imported by {', '.join(sorted(users)) or 'none'}")
    assert_none(offenders)


def test_no_source_is_named_in_a_condition_outside_providers() -> None:
    """What is particular to a source is declared in its own file."""
    named = re.compile(rf"\b({'|'.join([*PROVIDERS, *(type(p).__name__ for p in PROVIDERS.values())])})\b")
    offenders = []
    for path in python_files("etl/", "cli.py"):
        if name_of(path).startswith(("etl/providers/", "etl/demo/")):
            continue
        source = path.read_text(encoding="utf-8")
        for node in ast.walk(tree_of(path)):
            conditions = [node.test] if isinstance(node, ast.If | ast.IfExp | ast.While) else []
            conditions += node.ifs if isinstance(node, ast.comprehension) else []
            conditions += [node] if isinstance(node, ast.Compare | ast.BoolOp) else []
            texts = [ast.get_source_segment(source, condition) or "" for condition in conditions]
            offenders += [f"{name_of(path)}: {text}" for text in texts if named.search(text)]
    assert_none(sorted(set(offenders)))


def test_no_data_file_is_committed() -> None:
    """The project ships no market data, made-up or real."""
    assert_none([name_of(path) for path in committed() if path.suffix in DATA_FILES])


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the shared folder (MFO_SHARED) to compare with")
def test_nothing_of_the_shared_folder_is_committed() -> None:
    """No file here has the bytes of one there: that data is for tests on this machine only."""
    ours: dict[int, list[Path]] = {}
    for path in committed():
        if path.stat().st_size > 0:
            ours.setdefault(path.stat().st_size, []).append(path)
    offenders = []
    for theirs in SHARED.rglob("*"):
        if theirs.is_file() and theirs.stat().st_size in ours:
            digest = hashlib.sha256(theirs.read_bytes()).digest()
            same = [
                path for path in ours[theirs.stat().st_size] if hashlib.sha256(path.read_bytes()).digest() == digest
            ]
            offenders += [f"{name_of(path)} is {theirs}" for path in same]
    assert_none(offenders)
