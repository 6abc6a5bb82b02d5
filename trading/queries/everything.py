"""What is kept of a trader as one archive: the own record, every account, note, picture and uploaded file.

Secrets are left out (passwords, second factors, keys): a copy on a disk must open no door. It is written while it is read,
so that memory does not grow with the history.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from django.core.serializers.json import DjangoJSONEncoder

from accounts.models import ApiKey, BrokerAccount, SecurityEvent, SignIn, Trader, WebSession
from trading.models import AuditEntry, DayNote, ScreenshotData, Statement, StatementFileChunk, Webhook
from trading.models.screenshot import ScreenshotKind
from trading.queries.account_export import account_lines
from trading.tabular import line_chunks

_PROFILE = (
    *("id", "email", "name", "time_zone", "display_currency", "definition", "theme", "palette", "number_format"),
    *("language", "mails_warnings", "mails_criticals", "date_joined", "last_login"),
)
_NOT_A_NAME = re.compile(r"[^A-Za-z0-9._-]+")
_README = b"""What TradePortal keeps of you.

Left out: passwords, second factors and secrets of keys, which would open a door to whoever finds this file; what a bridge
recorded of open positions and equity; rules of guards, exchange rates and links that you shared; the paths of webhooks.

me.json            what you chose, API keys (without secrets), sign-ins, devices, webhooks
security-log.json  what happened around signing in, and from where
journal.json       notes by day
audit.json         guarding and closing
accounts/          each account as lines of JSON: upload it as a statement to have it again
statements/        the files that you uploaded, byte for byte
screenshots/       the pictures of your trades
"""

Entry = tuple[str, Iterable[bytes]]


def archive(trader: Trader, now: datetime) -> Iterator[bytes]:
    """The archive, as a ZIP."""
    sink = _Sink()
    with ZipFile(sink, "w", ZIP_DEFLATED) as packed:  # type: ignore[call-overload]
        for name, chunks in _entries(trader, now):
            info = ZipInfo(name, date_time=now.timetuple()[:6])
            info.compress_type = ZIP_DEFLATED
            with packed.open(info, "w", force_zip64=True) as entry:
                for chunk in chunks:
                    entry.write(chunk)
                    yield sink.taken()
    yield sink.taken()


class _Sink:
    """Where ZipFile writes; what it wrote is taken away at once."""

    def __init__(self) -> None:
        self._written = bytearray()

    def write(self, data: bytes) -> int:
        self._written += data
        return len(data)

    def flush(self) -> None:
        """ZipFile calls it."""

    def taken(self) -> bytes:
        data, self._written = bytes(self._written), bytearray()
        return data


def _entries(trader: Trader, now: datetime) -> Iterator[Entry]:
    yield "README.txt", [_README]
    yield "me.json", [_json(_me(trader))]
    log = SecurityEvent.objects.for_trader(trader).values("at", "act", "actor", "address", "client", "details")
    yield "security-log.json", _array(map(_of_the_log, log.iterator()))
    notes = DayNote.objects.for_trader(trader).values("day", "text", "changed_at")
    yield "journal.json", _array(notes.iterator())
    own = BrokerAccount.objects.for_trader(trader)
    audit = AuditEntry.objects.filter(account__in=own).values("account", "at", "actor", "act", "subject", "details")
    yield "audit.json", _array(_of_the_audit(row, trader) for row in audit.iterator())
    for account in own.order_by("pk"):
        yield f"accounts/{_safe(account.label)}-{account.pk}.jsonl", line_chunks(account_lines(account, now))
    yield from _files(trader)
    pictures = ScreenshotData.objects.filter(screenshot__account__trader=trader, kind=ScreenshotKind.IMAGE).values_list(
        "pk", "screenshot_id"
    )
    for pk, screenshot_id in pictures.order_by("pk"):
        yield f"screenshots/{screenshot_id}.webp", _picture(pk)


def _files(trader: Trader) -> Iterator[Entry]:
    """Each file once, under the name of its first upload."""
    files = Statement.objects.filter(trader=trader).order_by("file_id", "pk").distinct("file_id")
    for file_id, sha256, name in files.values_list("file_id", "file__sha256", "name"):
        yield f"statements/{sha256[:12]}-{_safe(name)}", _chunks(file_id)


def _chunks(file_id: Any) -> Iterator[bytes]:
    chunks = StatementFileChunk.objects.filter(file_id=file_id).order_by("number")
    for data in chunks.values_list("data", flat=True).iterator(chunk_size=1):
        yield bytes(data)


def _picture(pk: Any) -> Iterator[bytes]:
    yield bytes(ScreenshotData.objects.values_list("content", flat=True).get(pk=pk))


def _me(trader: Trader) -> dict[str, Any]:
    keys = ApiKey.objects.for_trader(trader)
    told = ("name", "prefix", "scopes", "created_at", "expires_at", "last_used_at", "revoked_at")
    sign_ins = SignIn.objects.for_trader(trader)
    return {
        "profile": Trader.objects.values(*_PROFILE).get(pk=trader.pk),
        "api_keys": list(keys.values(*told)),
        "devices": list(WebSession.objects.for_trader(trader).values("address", "client", "started_at")),
        "api_sign_ins": list(sign_ins.values("address", "client", "started_at", "refreshed_at", "ended_at")),
        "webhooks": [_host_of(row) for row in Webhook.objects.filter(trader=trader).values("url", "created_at")],
    }


def _json(value: Any) -> bytes:
    return json.dumps(value, cls=DjangoJSONEncoder, indent=1).encode()


def _array(rows: Iterable[Any]) -> Iterator[bytes]:
    """A JSON array, row by row: a log of years is never whole in memory."""
    before = b"[\n"
    for row in rows:
        yield before + _json(row)
        before = b",\n"
    yield b"[]" if before == b"[\n" else b"\n]"


def _of_the_log(row: dict[str, Any]) -> dict[str, Any]:
    """Who of the staff it was is not the trader's to know, as on the page."""
    return row | {"actor": "staff" if row["actor"] else ""}


def _of_the_audit(row: Mapping[str, Any], trader: Trader) -> dict[str, Any]:
    """An actor may be a key, a rule, the trader or one of the staff, the last two by their e-mail."""
    is_staff = "@" in row["actor"] and row["actor"] != trader.email
    return {**row, "actor": "staff" if is_staff else row["actor"]}


def _host_of(webhook: Mapping[str, Any]) -> dict[str, Any]:
    """The path of some services' addresses is a password."""
    address = urlsplit(webhook["url"])
    return {**webhook, "url": f"{address.scheme}://{address.hostname}/"}


def _safe(name: str) -> str:
    return _NOT_A_NAME.sub("-", name).strip("-.")[-80:] or "unnamed"
