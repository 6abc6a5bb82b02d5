"""Parts of the OpenAPI description that every endpoint shares."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers


class ErrorDetail(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="Stable, for programs.")
    message = serializers.CharField(help_text="What happened and what to do, for people.")
    fields = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()), help_text="What is wrong with each field."
    )

    def get_fields(self) -> Any:
        """The declared fields; one of them has the name of the base class's own property."""
        return {name: field for name, field in self._declared_fields.items()}


class Error(serializers.Serializer[Any]):
    """The one shape of every error."""

    error = ErrorDetail()
    request_id = serializers.CharField(help_text="Name this when you ask for help; it is in the server's log.")
