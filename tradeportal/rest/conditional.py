"""Answers that a client may keep and ask about: a strong ETag, and 304 without the work."""

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from tradeportal.rest.json import dumps

#: Raised when the shape of an answer changes, or what the same rows give, so that no client keeps an old one.
FORMAT_VERSION = 6
Handler = Callable[..., Response]
#: Gives the kept bytes for a tag, else computes and keeps them.
Keeper = Callable[[str, Callable[[], bytes]], bytes]
_Response = TypeVar("_Response", bound=HttpResponseBase)


def conditional(
    state_of: Callable[..., Any], keep: Keeper | None = None
) -> Callable[[Handler], Callable[..., HttpResponseBase]]:
    """Wraps a GET handler: `state_of(request, **path)` names the state that the answer shows.

    It runs before the handler's own queries; a client that has that state gets 304 and nothing else runs. It raises
    Http404 where the handler would, for a thing that is not the trader's own. With `keep`, the bytes of the answer are
    kept under the tag, which names trader, address and state: nobody else's request and no later state has the same.
    They may then be handed out at the front door, too: `state_of` of such an answer names nothing that a mark leaves out
    (trading/marks.py).
    """

    def wrap(handler: Handler) -> Callable[..., HttpResponseBase]:
        @wraps(handler)
        def answer(view: Any, request: Request, **path: Any) -> HttpResponseBase:
            tag = etag(request, state_of(request, **path))
            if matches(request, tag):
                return private(Response(status=304), tag)
            if keep is None:
                return private(handler(view, request, **path), tag)
            body = keep(tag, lambda: dumps(handler(view, request, **path).data))
            response = private(HttpResponse(body, content_type="application/json"), tag)
            response.is_kept_at_the_door = True  # type: ignore[attr-defined]
            return response

        answer.keeps = keep is not None  # type: ignore[attr-defined]
        return answer

    return wrap


def etag(request: Request, state: Any) -> str:
    """A strong ETag of this address, this trader and this state."""
    known = [FORMAT_VERSION, request.user.pk, request.get_full_path(), state]
    return f'"{hashlib.blake2b(dumps(known), digest_size=16).hexdigest()}"'


def matches(request: Request, tag: str) -> bool:
    """Whether the client has this state. A lone * says nothing about which, so it counts as no."""
    return names(request.headers.get("If-None-Match", ""), tag)


def names(given: str, tag: str) -> bool:
    """Whether an If-None-Match header names this tag."""
    return tag in {part.strip().removeprefix("W/") for part in given.split(",")}


def private(response: _Response, tag: str) -> _Response:
    """The answer for one person alone: kept by nobody else, and asked about before each use."""
    response["ETag"] = tag
    response["Cache-Control"] = "private, no-cache"
    response["Vary"] = "Authorization, Cookie, Accept"
    return response


def of_itself(request: Request, data: Any) -> Response:
    """An answer whose state is its own content: for small things that one query reads."""
    tag = etag(request, data)
    return private(Response(status=304) if matches(request, tag) else Response(data), tag)
