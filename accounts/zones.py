"""Time zones that a trader may choose."""

import zoneinfo
from functools import cache

from django.core.exceptions import ValidationError


@cache
def zone_names() -> frozenset[str]:
    return frozenset(name for name in zoneinfo.available_timezones() if "/" in name or name == "UTC")


#: Where the names of today's zones stand. Others, such as the old names, are understood as well.
_REGIONS = ("Africa/", "America/", "Antarctica/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/")


@cache
def offered_zones() -> tuple[str, ...]:
    """The names that are worth offering while one is typed, UTC first."""
    return ("UTC", *sorted(name for name in zone_names() if name.startswith(_REGIONS)))


def validate_zone(name: str) -> None:
    if name not in zone_names():
        raise ValidationError(
            "“%(name)s” is not an IANA time zone. Use a name such as Europe/Athens.",
            code="time_zone",
            params={"name": name},
        )
