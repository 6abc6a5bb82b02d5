"""Answers that are a file of rows."""

from datetime import UTC, datetime
from typing import Any

from django.db.models import QuerySet
from django.http import StreamingHttpResponse

from trading.queries.exports import Export
from trading.tabular import FORMATS


def download(export: Export, queryset: QuerySet[Any], ending: str, now: datetime) -> StreamingHttpResponse:
    """The rows as an attachment whose name says what it holds and when it was made, sent while they are read."""
    chunks, media_type = FORMATS[ending]
    response = StreamingHttpResponse(chunks(export.headings, export.rows(queryset)), content_type=media_type)
    made = now.astimezone(UTC).strftime("%Y%m%d-%H%M%SZ")
    response["Content-Disposition"] = f'attachment; filename="tradeportal-{export.name}-{made}.{ending}"'
    response["Cache-Control"] = "private, no-cache"
    return response
