"""Buying pressure: data/global-flow/WINDOW.json (regions) and data/asset-flow/WINDOW.json (asset classes)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from etl.site.schema.columns import COLUMN_MEANINGS, WINDOW_SESSIONS, record
from etl.site.schema.envelope import Answers, Artifact, Family, document, document_schema
from etl.site.schema.record import ArtifactQuery, JsonObject, JsonSchema, array
from etl.site.schema.site_context import SiteContext

METHOD = (
    "Buying pressure, from -100 to 100, is estimated from prices and volumes by bulk volume classification (Easley, "
    "Lopez de Prado and O'Hara); over a window it is the mean of the days, weighted by turnover. "
    "It is not a record of money that moved."
)
_SAME = ("symbol", "turnover_usd", "pressure_pct", "return_pct")
NODE = record("node", *_SAME, "volatility_pct")
BESIDE = record(*_SAME)
_FRAME = record("anchor_date", "from_date")


@dataclass(frozen=True, slots=True)
class Picture:
    """One of the two pictures: its name in lake.nodes, its folder, and what its nodes are called."""

    name: str
    folder: str
    title: str
    nodes: str

    def queries(self) -> dict[str, ArtifactQuery]:
        """Nodes with their frame, the highest pressure first, and the symbols beside, by window."""
        return {
            f"{self.name}_nodes": ArtifactQuery(
                NODE + _FRAME,
                f"from marts.{self.name}_nodes order by pressure_pct desc nulls last, position, node",
                by=record("window"),
            ),
            f"{self.name}_beside": ArtifactQuery(
                BESIDE,
                f"from marts.node_members where picture = '{self.name}' and not is_first order by symbol",
                by=record("window", "node"),
            ),
        }

    @property
    def schema(self) -> str:
        """The path of the picture's schema."""
        return f"schema/{self.folder}.json"


PICTURES = (
    Picture("region", "global-flow", "Buying pressure by region, estimated", "regions"),
    Picture("asset", "asset-flow", "Buying pressure by asset class, estimated", "asset_classes"),
)


def _schema(picture: Picture) -> JsonSchema:
    node = NODE.to_schema("A node: the numbers of its first symbol")
    beside = array(BESIDE.to_schema("A symbol"), "The node's other symbols, shown beside, not summed")
    node["properties"]["beside"] = beside
    node["required"] = sorted(node["properties"])
    frame = {name: COLUMN_MEANINGS[name].to_schema() for name in ("window", "sessions", "anchor_date", "from_date")}
    own = {
        **frame,
        "method": {"title": "How the pressure is estimated", "const": METHOD},
        picture.nodes: array(node, "Nodes, the highest pressure first"),
    }
    return document_schema(picture.schema, picture.title, METHOD, own)


def _artifact(picture: Picture, window: str, answers: Answers, context: SiteContext) -> Artifact:
    rows = answers[f"{picture.name}_nodes"].of(window)
    beside = answers[f"{picture.name}_beside"]
    nodes: list[JsonObject] = [{**NODE.take(row), "beside": beside.of(window, row["node"])} for row in rows]
    symbols = [one["symbol"] for node in nodes for one in (node, *node["beside"])]
    own: dict[str, Any] = {
        "window": window,
        "sessions": WINDOW_SESSIONS[window],
        "anchor_date": rows[0]["anchor_date"] if rows else None,
        "from_date": rows[0]["from_date"] if rows else None,
        "method": METHOD,
        picture.nodes: nodes,
    }
    path = f"data/{picture.folder}/{window}.json"
    return Artifact(path, picture.schema, document(context, context.sources_of(symbols), own))


def _artifacts(answers: Answers, context: SiteContext) -> Iterator[Artifact]:
    for picture in PICTURES:
        for window in WINDOW_SESSIONS:
            yield _artifact(picture, window, answers, context)


FAMILY = Family(
    {name: query for picture in PICTURES for name, query in picture.queries().items()},
    {picture.schema: _schema(picture) for picture in PICTURES},
    _artifacts,
)
