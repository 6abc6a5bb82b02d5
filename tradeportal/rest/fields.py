"""Fields of what comes in."""

from decimal import Decimal

from rest_framework import serializers


class ExactDecimalField(serializers.DecimalField):
    """A decimal in the digits that it was sent with: 1.0950 stays 1.0950."""

    def quantize(self, value: Decimal) -> Decimal:
        return value
