"""Parts of the OpenAPI description that every endpoint shares."""

from typing import Any

from drf_spectacular.utils import OpenApiResponse, inline_serializer
from rest_framework import serializers

ErrorDetail = inline_serializer(
    "ErrorDetail",
    {
        "code": serializers.CharField(help_text="Stable, for programs."),
        "message": serializers.CharField(help_text="What happened and what to do, for people."),
        "fields": serializers.DictField(
            child=serializers.ListField(child=serializers.CharField()), help_text="What is wrong with each field."
        ),
    },
)


class Error(serializers.Serializer[Any]):
    """The one shape of every error."""

    error = ErrorDetail
    request_id = serializers.CharField(help_text="Name this when you ask for help: it is in the server's log.")


#: What any endpoint of a trader's own data may answer.
ERRORS = {401: Error, 403: Error, 405: Error, 406: Error, 429: Error, 500: Error, 503: Error}
NOT_MODIFIED = OpenApiResponse(description="What If-None-Match names is still so.")
