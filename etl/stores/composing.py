"""
What is composed of several model files: one pass over the bars through every file of `sql/indicators`.

A file of `sql/indicators` passes on every bar that it reads and adds columns to it, so that one can stand behind the
other: `indicators.assembled` is the chain of all of them, and a new indicator is one new file and nothing else. A model
with the line `-- inlined` is no table but stands in those that read it; it can be a link of the chain too. Lines
`-- helpers:`, of the bars too, name columns that end with the chain. `marts.indicators` lists the files with their
`-- unit:` and `-- definition:` lines.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from graphlib import TopologicalSorter

from etl.errors import DataWrong
from etl.stores.model_files import ASSEMBLED, BAR_KEY, BARS, Model, Tail, header, is_inlined


def composed(read: Sequence[Model]) -> tuple[Model, ...]:
    """
    The models that are built: those of `read` that are tables or views, and what is composed of the others.

    Raises:
        DataWrong: there is no indicator, or one has no unit or definition.
    """
    families = [model for model in read if model.name.startswith("indicators.")]
    if not families:
        raise DataWrong("no indicator: the folder sql/indicators is empty")
    inlined = {model.name: model for model in read if is_inlined(model)}
    kept = [model for model in read if model not in families and model.name not in inlined]
    helpers = [name for model in kept if model.name == BARS for name in _helpers(model)]
    return (*(_expanded(model, inlined) for model in kept), _assembled(families, inlined, helpers), _listed(families))


def _expanded(model: Model, inlined: Mapping[str, Model]) -> Model:
    """The model with the SELECT of what is inlined in place of its name."""
    if not model.reads & inlined.keys():
        return model
    texts = {name: f"(\n{_expanded(inlined[name], inlined).sql})" for name in model.reads & inlined.keys()}
    reads = model.reads.union(*(_expanded(inlined[name], inlined).reads for name in texts)) - inlined.keys()
    return replace(model, sql=replaced(model.sql, texts), reads=reads, needs_order=BARS in reads - model.reads)


def _assembled(families: Iterable[Model], inlined: Mapping[str, Model], helpers: Iterable[str]) -> Model:
    """Every link reads the one before, in place of the bars or of the inlined model that it names."""
    needed = {name for model in families for name in model.reads & inlined.keys()}
    while further := {name for model in needed for name in inlined[model].reads & inlined.keys()} - needed:
        needed |= further
    order = TopologicalSorter({name: sorted(inlined[name].reads & needed) for name in sorted(needed)}).static_order()
    rank = {BARS: -1} | {name: at for at, name in enumerate(order)}
    links = [(rank[name], "", inlined[name]) for name in needed]
    for model in families:
        sources = [name for name in model.reads if name in rank]
        if len(sources) != 1:
            raise DataWrong(f"{model.path}: an indicator reads one of {', '.join(sorted(rank))}, not {len(sources)}")
        links.append((rank[sources[0]], model.name, model))
    links.sort(key=lambda link: link[:2])
    before, steps, reads, dropped = BARS, [], {BARS}, list(helpers)
    for _, _, model in links:
        sql = replaced(model.sql, dict.fromkeys(model.reads & rank.keys(), before))
        before = f"{model.path.stem}_added"
        steps.append(f"{before} as (\n{sql})")
        reads |= model.reads - rank.keys()
        dropped += _helpers(model)
    kept = f"* exclude ({', '.join(dropped)})" if dropped else "*"
    sql = "with\n\n" + ",\n\n".join(steps) + f"\n\nselect {kept} from {before}\n"
    folder = links[-1][2].path.parent
    tails = [model.tail for _, _, model in links]
    tail = Tail(max(tail.after for tail in tails if tail), "bar") if all(tails) else None
    sentence = "A final bar with every indicator of it."
    return Model(ASSEMBLED, folder, sentence, BAR_KEY, sql, frozenset(reads), tail, needs_order=True)


def _helpers(model: Model) -> list[str]:
    return header(model.sql, "helpers").replace(",", " ").split()


def _listed(families: Sequence[Model]) -> Model:
    rows = []
    for model in families:
        unit, definition = header(model.sql, "unit"), header(model.sql, "definition")
        if not (unit and definition):
            raise DataWrong(f"{model.path}: an indicator needs the lines `-- unit:` and `-- definition:`")
        texts = (model.path.stem, f"indicators/{model.path.name}", unit, definition)
        rows.append("(" + ", ".join("'" + text.replace("'", "''") + "'" for text in texts) + ")")
    sql = (
        "select files.*, publication.as_of as known_at\n"
        f"from (values {', '.join(rows)}) as files (name, file, unit, definition)\n"
        "cross join lake.publication as publication\n"
    )
    sentence = "A file of sql/indicators with what it computes."
    return Model("marts.indicators", families[0].path.parent, sentence, ("name",), sql, frozenset({"lake.publication"}))


def replaced(sql: str, texts: Mapping[str, str]) -> str:
    """The SQL with other words in place of the relations named."""
    if not texts:
        return sql
    names = "|".join(re.escape(name) for name in texts)
    return re.sub(rf"\b(?:{names})\b", lambda found: texts[found[0]], sql)
