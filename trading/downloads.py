"""Answers that are a file: of rows, or a picture."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse

from accounts.models import BrokerAccount
from trading.models import Screenshot, ScreenshotData
from trading.models.screenshot import MEDIA_TYPE
from trading.queries.account_export import account_lines
from trading.queries.exports import Export
from trading.tabular import FORMATS, line_chunks

_NOT_A_NAME = re.compile(r"[^A-Za-z0-9-]")

#: A picture never changes under its address; after this long a browser asks again whether it may still see it.
_PICTURE_S = 86_400


def download(export: Export, queryset: QuerySet[Any], ending: str, now: datetime) -> StreamingHttpResponse:
    """The rows as an attachment whose name says what it holds and when it was made, sent while they are read."""
    chunks, media_type = FORMATS[ending]
    return _attached(chunks(export.headings, export.rows(queryset)), media_type, export.name, ending, now)


def account_download(account: BrokerAccount, now: datetime) -> StreamingHttpResponse:
    """The whole account as lines of JSON, to be imported elsewhere or again."""
    number = _NOT_A_NAME.sub("", account.number)
    return _attached(line_chunks(account_lines(account, now)), "application/jsonl", f"account-{number}", "jsonl", now)


def _attached(chunks: Iterator[bytes], media_type: str, name: str, ending: str, now: datetime) -> StreamingHttpResponse:
    response = StreamingHttpResponse(chunks, content_type=media_type)
    made = now.astimezone(UTC).strftime("%Y%m%d-%H%M%SZ")
    response["Content-Disposition"] = f'attachment; filename="tradeportal-{name}-{made}.{ending}"'
    response["Cache-Control"] = "private, no-cache"
    return response


def picture(shot: Screenshot, kind: str) -> HttpResponse:
    """The picture or its thumbnail. What it is we say ourselves, and a browser takes it for nothing else."""
    content = ScreenshotData.objects.values_list("content", flat=True).get(screenshot=shot, kind=kind)
    response = HttpResponse(bytes(content), content_type=MEDIA_TYPE)
    response["Content-Disposition"] = f'inline; filename="screenshot-{shot.pk}.webp"'
    response["Cache-Control"] = f"private, max-age={_PICTURE_S}, immutable"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response
