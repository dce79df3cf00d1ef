"""Binance's archive: zips of whole months and days, each proven by its CHECKSUM, read by columns."""

import hashlib
import io
import zipfile
from datetime import UTC, datetime, timedelta

import pytest

from etl.domain import CRYPTO_1D, CRYPTO_1M, Bar, DataRequest
from etl.errors import ProviderDown, ProviderRefused, ResponseUnreadable
from etl.providers import PROVIDERS
from etl.providers.protocol import ColumnarProvider
from tests.providers.made_up import NOW, answer, candle

BINANCE_ARCHIVE = PROVIDERS["binance_archive"]
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
A_DAY = datetime(2025, 10, 30, tzinfo=UTC)
HEADER = (
    b"open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore"
)


def day(dataset=CRYPTO_1D, at=A_DAY):
    """The request for one day's file."""
    return BINANCE_ARCHIVE.plan(DataRequest(dataset, "BTCUSDT", at, at + DAY), NOW)[0]


def lines(*opened, minutes=1, micro=True):
    """The CSV of candles, in microseconds as since 2025, or in milliseconds."""
    rows = [candle(at, minutes) for at in opened]
    scale = 1000 if micro else 1
    return "".join(",".join(map(str, [row[0] * scale, *row[1:6], row[6] * scale, *row[7:]])) + "\n" for row in rows)


def zipped(text, *more):
    """A zip of one CSV (and more members)."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for name, body in (("a.csv", text), *more):
            file.writestr(name, body)
    return packed.getvalue()


def kept(request, text, said=None):
    """The zip's answer with what its CHECKSUM said."""
    body = text if isinstance(text, bytes) and text[:2] == b"PK" else zipped(text)
    return answer(request, body, headers={"checksum": said or hashlib.sha256(body).hexdigest()})


# what is asked


def paths(since, until, dataset=CRYPTO_1M, now=NOW):
    """The stamps of the files that are planned."""
    return [r.path.split("-1m-")[-1] for r in BINANCE_ARCHIVE.plan(DataRequest(dataset, "BTCUSDT", since, until), now)]


def test_whole_months_come_as_one_file_and_the_rest_by_the_day():
    """From the first whole day to the last one that is out."""
    found = paths(datetime(2025, 8, 30, 12, tzinfo=UTC), datetime(2025, 10, 3, tzinfo=UTC))
    assert found == ["2025-08-31.zip", "2025-09.zip", "2025-10-01.zip", "2025-10-02.zip"]


def test_a_month_that_is_not_out_yet_is_asked_for_by_the_day():
    """October's file comes some days into November; the day of today is nobody's yet."""
    found = paths(datetime(2025, 10, 1, tzinfo=UTC), None)
    assert found == [f"2025-10-{day:02}.zip" for day in range(1, 32)]
    assert paths(datetime(2025, 10, 1, tzinfo=UTC), None, now=datetime(2025, 11, 5, tzinfo=UTC))[0] == "2025-10.zip"


def test_a_zip_is_asked_for_with_its_checksum():
    """The proof stands beside it."""
    request = day()
    assert request.path == "/data/spot/daily/klines/BTCUSDT/1d/BTCUSDT-1d-2025-10-30.zip"
    assert request.proof.path == request.path + ".CHECKSUM"
    assert BINANCE_ARCHIVE.span(request.path, {}) == (A_DAY, A_DAY + DAY)
    assert BINANCE_ARCHIVE.span(request.proof.path, {}) is None


def test_nothing_is_older_than_binance():
    """A want from 2010 asks for files from July 2017 on."""
    assert paths(datetime(2010, 1, 1, tzinfo=UTC), datetime(2017, 9, 1, tzinfo=UTC))[0] == "2017-07-14.zip"


def test_it_is_read_by_columns():
    """Transform tells it by its methods."""
    columnar = [name for name, provider in PROVIDERS.items() if isinstance(provider, ColumnarProvider)]
    assert columnar == ["binance", "binance_archive"]


# what proves it


def test_the_checksum_is_a_line_of_sha256sum():
    """Its hash goes into the header of the zip's answer."""
    said = answer(day().proof, b"A" * 64 + b"  BTCUSDT-1d-2025-10-30.zip\n")
    BINANCE_ARCHIVE.inspect(said)
    assert BINANCE_ARCHIVE.proof(said) == {"checksum": "a" * 64}
    assert list(BINANCE_ARCHIVE.parse(said)) == []
    assert BINANCE_ARCHIVE.survey(said).rows == 0


@pytest.mark.parametrize("body", [b"", b"<html>", b"abc  BTCUSDT-1d-2025-10-30.zip", b"a" * 64 + b"  ETHUSDT.zip\n"])
def test_what_is_no_checksum_of_the_file_is_refused(body):
    """Another file's, an error page, nothing."""
    with pytest.raises(ResponseUnreadable):
        BINANCE_ARCHIVE.inspect(answer(day().proof, body))


def test_a_zip_whose_hash_is_another_is_not_data():
    """160 files of 2022 and 2023 were so: asked for by REST."""
    with pytest.raises(ResponseUnreadable, match=r"sha256 is \w{12}, its CHECKSUM says 000000000000"):
        BINANCE_ARCHIVE.inspect(kept(day(), lines(A_DAY), said="0" * 64))


def test_a_zip_without_its_checksum_is_not_data():
    """Nothing unproven is read."""
    with pytest.raises(ResponseUnreadable, match="no checksum"):
        BINANCE_ARCHIVE.inspect(answer(day(), zipped(lines(A_DAY))))


@pytest.mark.parametrize(("status", "error"), [(404, ProviderRefused), (403, ProviderRefused), (503, ProviderDown)])
def test_a_file_that_is_missing_is_told_from_a_host_that_is_down(status, error):
    """A missing one is never asked for again in this run; S3 says 403 where it lists nothing."""
    with pytest.raises(error):
        BINANCE_ARCHIVE.inspect(answer(day(), b"<Error/>", status))


@pytest.mark.parametrize("body", [b"PK", b"PK\x03\x04" + b"\0" * 40, zipped("a", ("b.csv", "b"))])
def test_what_is_no_zip_of_one_csv_is_refused(body):
    """Cut short, empty, or of two files."""
    with pytest.raises(ResponseUnreadable):
        BINANCE_ARCHIVE.inspect(kept(day(), body))


def test_a_zip_that_does_not_inflate_is_refused():
    """The directory is whole, the deflated bytes are not."""
    body = bytearray(zipped(lines(A_DAY) * 50))
    body[60:70] = b"\xff" * 10
    with pytest.raises(ResponseUnreadable):
        BINANCE_ARCHIVE.survey(kept(day(), bytes(body)))


# what it holds


@pytest.mark.parametrize("header", [b"", HEADER + b"\n"])
@pytest.mark.parametrize("micro", [True, False])
def test_rows_are_read_with_and_without_header_in_either_unit(header, micro):
    """Milliseconds before 2025, microseconds since; told by their size."""
    text = header.decode() + lines(A_DAY, A_DAY + MINUTE, micro=micro)
    found = BINANCE_ARCHIVE.read_table(kept(day(CRYPTO_1M), text)).to_pylist()
    assert [row["opened_at"].replace(tzinfo=UTC) for row in found] == [A_DAY, A_DAY + MINUTE]
    assert found[0] == {
        "opened_at": A_DAY.replace(tzinfo=None),
        "open": 100.0,
        "high": 120.0,
        "low": 95.0,
        "close": 110.0,
        "volume": 7.5,
        "quote_volume": 800.0,
        "trades": 42,
        "taker_buy_volume": 3.0,
        "taker_buy_quote_volume": 320.0,
    }


def test_it_reads_what_binance_itself_answers():
    """The same candle by REST and from the archive is the same Bar."""
    binance = PROVIDERS["binance"]
    page = binance.plan(DataRequest(CRYPTO_1D, "BTCUSDT", A_DAY, A_DAY + DAY), NOW)[0]
    by_rest = list(binance.parse(answer(page, [candle(A_DAY)])))
    assert list(BINANCE_ARCHIVE.parse(kept(day(), lines(A_DAY, minutes=1440)))) == by_rest
    assert isinstance(by_rest[0], Bar)


def test_a_value_that_is_no_number_is_nothing():
    """One bad word does not cost the file: the row is refused later, with its reason."""
    text = lines(A_DAY, A_DAY + MINUTE).replace("110.00000000", "oops", 1).replace("120.00000000", "NaN", 1)
    found = BINANCE_ARCHIVE.read_table(kept(day(CRYPTO_1M), text)).to_pylist()
    assert [(row["high"], row["close"]) for row in found] == [(None, None), (120.0, 110.0)]


def test_a_whole_file_is_counted_and_not_read():
    """As many lines as there are minutes."""
    opened = [A_DAY + i * MINUTE for i in range(1440)]
    found = BINANCE_ARCHIVE.survey(kept(day(CRYPTO_1M), lines(*opened)))
    assert (found.rows, found.newest_at, found.missing) == (1440, A_DAY + DAY - MINUTE, ())


def test_a_short_file_says_what_is_missing():
    """An outage, or a file that was put there too early: those minutes are REST's."""
    opened = [A_DAY + i * MINUTE for i in range(1440) if i not in (0, 5, 6, 1439)]
    found = BINANCE_ARCHIVE.survey(kept(day(CRYPTO_1M), HEADER.decode() + "\n" + lines(*opened)))
    assert found.rows == 1436
    assert found.newest_at == A_DAY + DAY - 2 * MINUTE
    assert found.missing == (
        (A_DAY, A_DAY + MINUTE),
        (A_DAY + 5 * MINUTE, A_DAY + 7 * MINUTE),
        (A_DAY + DAY - MINUTE, A_DAY + DAY),
    )
