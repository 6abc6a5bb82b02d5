"""Time zones that a trader may choose."""

import zoneinfo
from functools import cache

from django.core.exceptions import ValidationError


@cache
def zone_names() -> frozenset[str]:
    return frozenset(name for name in zoneinfo.available_timezones() if "/" in name or name == "UTC")


def validate_zone(name: str) -> None:
    if name not in zone_names():
        raise ValidationError(
            "“%(name)s” is not an IANA time zone. Use a name such as Europe/Athens.",
            code="time_zone",
            params={"name": name},
        )
