"""A lake of made-up answers, its Parquet, and a transformer between them."""

import dataclasses
from datetime import datetime
from types import SimpleNamespace

import pyarrow.parquet as pq

from etl.domain import EQUITY_DAILY, Request, Response
from etl.market.sessions import session_of
from etl.notes.documents import DOCUMENT_READERS
from etl.transform.transform import Transformer
from tests.providers import made_up
from tests.providers.made_up import ALPHA_VANTAGE, NOW, planned

SPY = planned(ALPHA_VANTAGE, EQUITY_DAILY, "SPY")


class Readings(SimpleNamespace):
    """`lake`, `parquet`, `journal`, `providers`; `count` numbers the answers."""

    def keep(self, request: Request, body: object, at: datetime = NOW, status: int = 200, **headers: str) -> Response:
        """Keep one more answer."""
        self.count += 1
        answer = made_up.answer(request, body, status, headers, at)
        self.lake.keep(dataclasses.replace(answer, sequence=self.count))
        return answer

    def run(self, **options):
        """Transform."""
        return self.transformer().run(**options)

    def transformer(self) -> Transformer:
        """One of these providers."""
        return Transformer(
            self.lake, self.parquet, self.journal, self.providers, session_of, lambda _: "D", DOCUMENT_READERS
        )

    def rows(self, relation: str) -> list[dict]:
        """All rows of a relation."""
        return [row for path in self.parquet.files(relation) for row in pq.read_table(path).to_pylist()]

    def refused(self) -> list[tuple[str, str]]:
        """(at, reason) of the refused rows."""
        return [(row["at"], row["reason"]) for row in self.rows("refused_rows")]

    def files(self) -> list[str]:
        """Every Parquet file."""
        return [self.parquet.name_of(path) for name in self.parquet.relations() for path in self.parquet.files(name)]


def daily(**changed):
    """Alpha Vantage's last four sessions, single fields of the 29th changed."""
    body = made_up.daily("2025-10-28", "2025-10-29", "2025-10-30", "2025-10-31")
    row = body["Time Series (Daily)"]["2025-10-29"]
    row.update({key: value for key, value in ((k, changed.get(k.split(". ")[1])) for k in row) if value is not None})
    return body
