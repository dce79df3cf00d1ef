"""The flow pictures: data/global-flow/WINDOW.json (regions) and data/asset-flow/WINDOW.json (asset classes)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from etl.site.artifact import Answers, Artifact, Family, document, document_schema
from etl.site.context import Context
from etl.site.glossary import WINDOWS, WORDS, record, text
from etl.site.shape import Query, Record, Row, Schema, array

METHOD = (
    "Signed turnover, estimated from prices and volumes by bulk volume classification (Easley, Lopez de Prado and "
    "O'Hara) and matched proportionally between givers and takers of the excess over the common flow. "
    "It is not a record of transfers."
)
_SAME = ("symbol", "turnover_usd", "net_flow_usd", "net_flow_pct", "return_pct")
NODE = record("node", *_SAME, "volatility_pct", "intensity", "excess_usd")
BESIDE = record(*_SAME)
FLOW = Record({"from": text("Giver", nullable=False), "to": text("Taker", nullable=False), **record("flow_usd").fields})
_FRAME = record("anchor_date", "from_date")


@dataclass(frozen=True, slots=True)
class Picture:
    """One of the two pictures: its name in lake.nodes, its folder, and what its nodes and flows are called."""

    name: str
    folder: str
    title: str
    nodes: str
    flows: str

    def queries(self) -> dict[str, Query]:
        """Nodes with their frame, the symbols beside, and the flows, each by window in the configured order."""
        placed = f"(select node, min(position) as place from marts.{self.name}_nodes group by node)"
        return {
            f"{self.name}_nodes": Query(
                NODE + _FRAME, f"from marts.{self.name}_nodes order by position, node", by=record("window")
            ),
            f"{self.name}_beside": Query(
                BESIDE,
                f"from marts.node_members where picture = '{self.name}' and not is_first order by symbol",
                by=record("window", "node"),
            ),
            f"{self.name}_flows": Query(
                FLOW,
                f"""
                from (
                    select "window", from_node as "from", to_node as "to", flow_usd,
                        giver.place as from_place, taker.place as to_place
                    from marts.{self.name}_flows
                    left join {placed} as giver on from_node = giver.node
                    left join {placed} as taker on to_node = taker.node
                )
                order by from_place, to_place, "from", "to"
                """,
                by=record("window"),
            ),
        }

    @property
    def schema(self) -> str:
        """The path of the picture's schema."""
        return f"schema/{self.folder}.json"


PICTURES = (
    Picture("region", "global-flow", "Flows between regions", "regions", "flows"),
    Picture("asset", "asset-flow", "Flows between asset classes", "asset_classes", "edges"),
)


def _schema(picture: Picture) -> Schema:
    node = NODE.to_schema("A node: the numbers of its first symbol")
    beside = array(BESIDE.to_schema("A symbol"), "The node's other symbols, shown beside, not summed")
    node["properties"]["beside"] = beside
    node["required"] = sorted(node["properties"])
    frame = {name: WORDS[name].to_schema() for name in ("window", "sessions", "anchor_date", "from_date")}
    own = {
        **frame,
        "unit": {"title": "Unit of every amount", "const": "USD"},
        "method": {"title": "How the flows are estimated", "const": METHOD},
        "statement": text("Why there are no flows, where there are none").to_schema(),
        picture.nodes: array(node, "Nodes, in the configured order"),
        picture.flows: array(FLOW.to_schema("A flow"), "Flows from each giver to each taker"),
    }
    return document_schema(picture.schema, picture.title, METHOD, own)


def _statement(nodes: list[Row], flows: list[Row]) -> str | None:
    if flows:
        return None
    unknown = [node["node"] for node in nodes if node["net_flow_usd"] is None]
    if not nodes:
        return "No flows: no node has a full window yet."
    if unknown:
        return f"No flows: the net flow of {', '.join(unknown)} is not known over this window."
    return "No flows: no node takes more than its share."


def _artifact(picture: Picture, window: str, answers: Answers, context: Context) -> Artifact:
    rows = answers[f"{picture.name}_nodes"].of(window)
    beside = answers[f"{picture.name}_beside"]
    nodes: list[Row] = [{**NODE.take(row), "beside": beside.of(window, row["node"])} for row in rows]
    flows = answers[f"{picture.name}_flows"].of(window)
    symbols = [one["symbol"] for node in nodes for one in (node, *node["beside"])]
    own: dict[str, Any] = {
        "window": window,
        "sessions": WINDOWS[window],
        "anchor_date": rows[0]["anchor_date"] if rows else None,
        "from_date": rows[0]["from_date"] if rows else None,
        "unit": "USD",
        "method": METHOD,
        "statement": _statement(nodes, flows),
        picture.nodes: nodes,
        picture.flows: flows,
    }
    path = f"data/{picture.folder}/{window}.json"
    return Artifact(path, picture.schema, document(context, context.sources_of(symbols), own))


def _artifacts(answers: Answers, context: Context) -> Iterator[Artifact]:
    for picture in PICTURES:
        for window in WINDOWS:
            yield _artifact(picture, window, answers, context)


FAMILY = Family(
    {name: query for picture in PICTURES for name, query in picture.queries().items()},
    {picture.schema: _schema(picture) for picture in PICTURES},
    _artifacts,
)
