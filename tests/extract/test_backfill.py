"""backfill: files of the archive, pages of REST for the rest, and nothing asked for twice."""

import hashlib
import io
import json
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from etl.domain import CRYPTO_1M, Limits
from etl.errors import Stopped
from etl.extract.candle_backfill import Backfiller
from etl.extract.missing import CANDLE_CHAINS, BackfillRange, still_missing
from etl.providers import PROVIDERS
from etl.state.request_ledger import RequestLedger
from tests.extract.workbench import NOW, Bench
from tests.providers.made_up import candle

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
FIRST = datetime(2025, 10, 29, tzinfo=UTC)
LISTED = datetime(2020, 1, 1, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def wanted(first=FIRST, last=NOW, chain=CANDLE_CHAINS[CRYPTO_1M]):
    """The minutes of a coin."""
    return BackfillRange(CRYPTO_1M, "BTCUSDT", (first, last), chain)


class Upstream:
    """Binance as the test makes it up: `asked` are the paths; `files` change what the archive gives."""

    def __init__(self):
        self.asked, self.files, self.rest = [], {}, None

    def __call__(self, url):
        parts = urlsplit(url)
        self.asked.append(parts.path.rsplit("/", 1)[-1])
        if parts.netloc == "data.binance.vision":
            return self.file(parts.path)
        query = dict(parse_qsl(parts.query))
        if query["startTime"] == "0":
            return 200, {}, json.dumps([candle(LISTED, 1)]).encode()
        if self.rest:
            return self.rest
        first, last = (EPOCH + int(query[name]) * timedelta(milliseconds=1) for name in ("startTime", "endTime"))
        rows = [candle(first + i * MINUTE, 1) for i in range((last - first) // MINUTE + 1)]
        return 200, {}, json.dumps(rows).encode()

    def file(self, path):
        """A day's zip, or its checksum."""
        name = path.rsplit("/", 1)[-1].removesuffix(".CHECKSUM")
        missing, wrong = self.files.get(name[-14:-4], ((), False))
        if missing == "all":
            return 404, {}, b"<Error/>"
        start = datetime.fromisoformat(name[-14:-4]).replace(tzinfo=UTC)
        rows = [candle(start + i * MINUTE, 1) for i in range(1440) if i not in missing]
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
            member = zipfile.ZipInfo("a.csv", (2025, 1, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            file.writestr(member, "".join(",".join(map(str, row)) + "\n" for row in rows))
        body = packed.getvalue()
        if path.endswith(".CHECKSUM"):
            digest = "0" * 64 if wrong else hashlib.sha256(body).hexdigest()
            return 200, {}, f"{digest}  {name}\n".encode()
        return 200, {}, body


@pytest.fixture
def upstream():
    """An archive without a fault."""
    return Upstream()


@pytest.fixture
def bench(tmp_path, upstream):
    """Stores of their own."""
    opened = Bench(tmp_path, upstream)
    yield opened
    opened.close()


def backfill(bench, *histories, ask=None, **limits):
    """One run."""
    bench.limits = {n: replace(p.limits, parallel=1, **limits) for n, p in PROVIDERS.items() if "binance" in n}
    asking = Backfiller(
        ask=ask or bench.asker().ask,
        limits={name: bench.limits_of(name) for name in PROVIDERS},
        ledger=bench.ledger,
        clock=bench.clock,
        progress=bench.progress,
    )
    return asking.run(histories)


def zips(upstream):
    """The files that were asked for, and how many pages."""
    return [name[-14:-4] for name in upstream.asked if name.endswith(".zip")], upstream.asked.count("klines")


def test_whole_days_come_from_the_archive_and_today_from_rest(bench, upstream):
    """And the symbol's first candle is asked for once."""
    outcome = backfill(bench, wanted())
    assert zips(upstream) == (["2025-10-29", "2025-10-30", "2025-10-31"], 2)
    assert outcome.undone == ()
    assert outcome.line == "2 answers of binance, 3 answers of binance_archive"
    assert still_missing(wanted(), bench.ledger.answered(CRYPTO_1M, "BTCUSDT")) == []


def test_what_is_held_is_not_asked_for_again(bench, upstream):
    """Nor the part of a longer history that is held; the new part is."""
    backfill(bench, wanted())
    upstream.asked.clear()
    assert backfill(bench, wanted()).line == "everything of it is held; nothing asked"
    assert upstream.asked == []
    backfill(bench, wanted(FIRST - DAY))
    assert zips(upstream) == (["2025-10-28"], 0)


def test_a_stopped_backfill_goes_on_where_it_was(bench, upstream):
    """After the second file it is stopped: the third is the first of the next run."""
    asker = bench.asker()

    def ask(provider, request):
        if request.path.endswith("10-31.zip"):
            raise Stopped("stopped")
        return asker.ask(provider, request)

    with pytest.raises(Stopped):
        backfill(bench, wanted(chain=("binance_archive",)), ask=ask)
    bench.clock._stop.clear()
    upstream.asked.clear()
    backfill(bench, wanted(chain=("binance_archive",)))
    assert zips(upstream) == (["2025-10-31"], 0)


def test_an_answer_that_was_kept_when_a_kill_came_is_not_asked_for_again(bench, upstream, monkeypatch):
    """The kill fell between keeping the second file and noting it: it counts from when it came, not was found."""
    close, ended = RequestLedger.close, []

    def killed(ledger, sequence, *words, **said):
        ended.append(sequence)
        if len(ended) == 4:  # a checksum and a file, twice
            raise SystemExit
        close(ledger, sequence, *words, **said)

    monkeypatch.setattr(RequestLedger, "close", killed)
    archive = wanted(chain=("binance_archive",))
    with pytest.raises(SystemExit):
        backfill(bench, archive)
    monkeypatch.setattr(RequestLedger, "close", close)
    bench.clock._stop.clear()
    bench.clock.set(NOW + timedelta(hours=5))
    upstream.asked.clear()
    bench.asker().settle(PROVIDERS, CRYPTO_1M, "BTCUSDT")
    assert bench.ledger.cut_short(CRYPTO_1M, "BTCUSDT") == []
    assert {said.answered_at for said in bench.ledger.answered(CRYPTO_1M, "BTCUSDT")} == {NOW}
    backfill(bench, archive)
    assert zips(upstream) == (["2025-10-31"], 0)


def test_a_kept_answer_that_is_no_data_is_asked_for_again(bench, upstream, monkeypatch):
    """A 503 that a kill left open is closed as what it was, and blocks nobody now."""
    upstream.rest = (503, {}, b"")
    close = RequestLedger.close

    def killed(ledger, sequence, verdict, **said):
        if verdict == "ProviderDown":
            raise SystemExit
        close(ledger, sequence, verdict, **said)

    monkeypatch.setattr(RequestLedger, "close", killed)
    with pytest.raises(SystemExit):
        backfill(bench, wanted(chain=("binance",)))
    monkeypatch.setattr(RequestLedger, "close", close)
    bench.clock._stop.clear()
    upstream.rest = None
    bench.asker().settle(PROVIDERS, CRYPTO_1M, "BTCUSDT")
    assert bench.ledger.cut_short(CRYPTO_1M, "BTCUSDT") == []
    assert [verdict for _, _, verdict in bench.verdicts()] == ["ok", "ProviderDown"]
    assert backfill(bench, wanted(chain=("binance",))).undone == ()


def test_a_file_that_is_late_is_asked_of_rest(bench, upstream):
    """1440 minutes are two pages; the output says so, and nothing is undone."""
    upstream.files["2025-10-30"] = ("all", False)
    outcome = backfill(bench, wanted())
    assert zips(upstream) == (["2025-10-29", "2025-10-31"], 2 + 2)
    assert outcome.undone == ()
    assert outcome.notes == ("1 files are not in the archive (yet): asked of REST",)


def test_a_file_that_its_checksum_does_not_prove_is_asked_of_rest(bench, upstream):
    """It is kept, never loaded, and named."""
    upstream.files["2025-10-30"] = ((), True)
    outcome = backfill(bench, wanted())
    assert zips(upstream)[1] == 2 + 2
    assert outcome.undone == ()
    assert "BTCUSDT-1m-2025-10-30.zip: its sha256 is" in outcome.notes[0]
    assert outcome.notes[0].endswith("not loaded, asked of REST")


def test_minutes_that_a_file_lacks_are_asked_of_rest_once(bench, upstream):
    """An outage stays one: REST has been asked, and is not asked again."""
    upstream.files["2025-10-30"] = (range(100, 120), False)
    backfill(bench, wanted())
    assert zips(upstream)[1] == 2 + 1
    upstream.asked.clear()
    backfill(bench, wanted())
    assert upstream.asked == []


def test_a_page_that_is_not_answered_is_undone_and_asked_again_next_time(bench, upstream):
    """A failed download is no outage of the source."""
    upstream.rest = (503, {}, b"")
    outcome = backfill(bench, wanted())
    assert outcome.details["kinds"] == ["ProviderDown"]
    assert outcome.undone[0].endswith("(BTCUSDT, 1 requests)")
    upstream.rest = None
    assert backfill(bench, wanted()).line == "1 answers of binance"


def test_history_moves_no_cursor_of_the_daily_run(bench):
    """What is due each day is told by what the daily runs asked."""
    run_id = "run-1"
    with bench.state.write() as db:
        db.execute("insert into runs (run_id, command) values (?, 'backfill')", (run_id,))
    backfill(bench, wanted())
    assert bench.ledger.last_good(CRYPTO_1M, "BTCUSDT") == {}


def test_nothing_is_asked_beyond_what_a_day_allows(bench, upstream):
    """A quota that is spent is undone, not success, and the rest is asked for another day."""
    outcome = backfill(bench, wanted(), per_day=3)
    assert any("3 of 3 calls are used" in line for line in outcome.undone)
    assert still_missing(wanted(), bench.ledger.answered(CRYPTO_1M, "BTCUSDT"))


def test_the_reserve_is_the_daily_runs(tmp_path):
    """A backfill's limits are the day's less what publication needs."""
    from etl.pipeline.backfill import _beyond_the_reserve

    limits = {"twelve_data": Limits(per_day=800, reserve=100), "binance": Limits(weight=6000)}
    left = _beyond_the_reserve(limits)
    assert left["twelve_data"].per_day == 700
    assert left["binance"] == limits["binance"]
