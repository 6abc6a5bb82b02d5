"""Exchange rates: brought as a file or one by one, let count, taken away again."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.models import Trader
from trading.calc.exchange import Rate
from trading.errors import StateConflict, TradingError
from trading.models import ExchangeRate, RateUpload
from trading.ratefiles.reader import RateFile, read_rates

#: The whole history of the ECB twice over, and ten years of entering a rate on every third day.
MAX_RATES = 1_000_000
MAX_UPLOADS = 1_000
_ROWS_PER_WRITE = 5_000
#: A dry run that nobody decided about is forgotten after this time.
_DRAFT_FOR = timedelta(days=1)

#: What the rows of the stage do not say already. Only rates of the same owner count here.
_KEEP = """
WITH known AS (
    SELECT DISTINCT ON (r.base, r.quote, r.day) r.base, r.quote, r.day, r.rate
    FROM trading_exchangerate r JOIN trading_rateupload u ON u.id = r.upload_id
    WHERE u.trader_id IS NOT DISTINCT FROM %(trader)s AND u.applied_at IS NOT NULL
    ORDER BY r.base, r.quote, r.day, u.applied_at DESC, u.id DESC
)
INSERT INTO trading_exchangerate (upload_id, day, base, quote, rate)
SELECT %(upload)s, s.day, s.base, s.quote, s.rate FROM rate_stage s LEFT JOIN known k USING (base, quote, day)
WHERE k.rate IS DISTINCT FROM s.rate
"""


class TooManyRates(TradingError):
    code = "too_many_rates"
    message = "There are too many exchange rates already. Remove an upload that you do not need, then try again."
    status = 409


def receive_rates(owner: Trader | None, name: str, content: bytes, *, now: datetime) -> RateUpload:
    """The dry run of a file: what it holds, and what of it is new or other than before. Nothing counts yet.

    `owner` None: for everybody. Errors: RatesRefused, TooManyRates.
    """
    found = read_rates(content, today=now.date() + timedelta(days=1))
    with transaction.atomic():
        return _keep(owner, name[-255:] or _("Rates"), found, now)


@transaction.atomic
def apply_rates(upload: RateUpload, *, now: datetime) -> RateUpload:
    """Lets the rates of a dry run count. Errors: StateConflict where they do already, or the dry run is gone."""
    row = RateUpload.objects.select_for_update().filter(pk=upload.pk).first()
    if row is None or row.applied_at:
        raise StateConflict()
    row.applied_at = now
    row.save(update_fields=["applied_at"])
    return row


def enter_rate(owner: Trader | None, given: Rate, *, now: datetime) -> RateUpload:
    """One rate, entered by hand, which counts at once. Errors: TooManyRates."""
    name = f"{given.base}/{given.quote}"
    with transaction.atomic():
        upload = _keep(owner, name, RateFile(RateUpload.Source.HAND, [given]), now)
        # A rate that is known already is entered again: the trader sees what was entered, and may remove it.
        if not upload.count:
            ExchangeRate.objects.create(
                upload=upload, day=given.day, base=given.base, quote=given.quote, rate=given.rate
            )
            upload.count = 1
        upload.applied_at = now
        upload.save(update_fields=["applied_at", "count"])
    return upload


def remove_rates(upload: RateUpload) -> None:
    """Takes away what came with this upload. What it had replaced counts again."""
    upload.delete()


def _keep(owner: Trader | None, name: str, found: RateFile, now: datetime) -> RateUpload:
    own = RateUpload.objects.filter(trader=owner)
    own.filter(applied_at=None, uploaded_at__lt=now - _DRAFT_FOR).delete()
    kept = ExchangeRate.objects.filter(upload__in=own).count()
    if own.count() >= MAX_UPLOADS or kept + len(found.rates) > MAX_RATES:
        raise TooManyRates()
    days = [rate.day for rate in found.rates]
    upload = RateUpload.objects.create(
        trader=owner,
        source=found.source,
        name=name,
        uploaded_at=now,
        read_count=len(found.rates),
        count=0,
        first_on=min(days),
        last_on=max(days),
        problem_count=found.problem_count,
        problems=[{"line": one.line, "reason": one.reason, "text": one.text} for one in found.problems],
    )
    upload.count = _copy(upload, found.rates)
    upload.save(update_fields=["count"])
    return upload


def _copy(upload: RateUpload, rates: Sequence[Rate]) -> int:
    """How many of the rates were new or other than before."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.rate_stage")
        cursor.execute(
            "CREATE TEMPORARY TABLE rate_stage ON COMMIT DROP AS"
            " SELECT day, base, quote, rate FROM trading_exchangerate WHERE false"
        )
        with cursor.copy("COPY rate_stage (day, base, quote, rate) FROM STDIN") as copy:
            for start in range(0, len(rates), _ROWS_PER_WRITE):
                copy.write("".join(map(_line, rates[start : start + _ROWS_PER_WRITE])))
        cursor.execute(_KEEP, {"trader": upload.trader_id, "upload": upload.pk})
        return int(cursor.rowcount)


def _line(given: Rate) -> str:
    """A line for COPY. Codes are letters and digits, so that there is nothing to escape."""
    return f"{given.day}\t{given.base}\t{given.quote}\t{given.rate:f}\n"
