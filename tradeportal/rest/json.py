"""JSON in and out by orjson: money as exact text, times as RFC 3339 in UTC."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import orjson
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.utils.functional import Promise
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer

_OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS


def dumps(data: Any) -> bytes:
    return orjson.dumps(data, default=_plain, option=_OPTIONS)


def _plain(value: Any) -> Any:
    if type(value) is Decimal:  # the usual case, without a further call: 400 of them in a page of trades
        return format(value, "f")
    if isinstance(value, Promise):
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (list, tuple)):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no place in JSON")


def decimal_text(value: Decimal) -> str:
    """Every decimal that the broker printed, and never an exponent."""
    return format(value, "f")


class JSONRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None
    render_style = "binary"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        return b"" if data is None else dumps(data)


class JSONParser(BaseParser):
    """Reads no further than its limit. NaN and Infinity are not JSON and are refused."""

    media_type = "application/json"

    @property
    def limit(self) -> int:
        return int(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        limit = self.limit
        raw = stream.read(limit + 1)
        if len(raw) > limit:
            raise RequestDataTooBig(f"This request is too large. The limit is {limit} bytes.")
        try:
            return orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            raise ParseError(f"This is not valid JSON: {error.msg} at character {error.pos}.") from error
