"""Every address of the portal, read from its resolver, so that a new one can't be forgotten."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver


@dataclass(frozen=True)
class Route:
    """`name` holds the namespace (admin:index); `parameters` are the names of what the address takes."""

    path: str
    name: str
    parameters: tuple[str, ...]

    @property
    def is_api(self) -> bool:
        return self.path.startswith("api/")

    def __str__(self) -> str:
        return self.name or self.path


def all_routes() -> list[Route]:
    return list(_walk(get_resolver(), "", "", ()))


def _walk(resolver: URLResolver, path: str, namespace: str, outer: tuple[str, ...]) -> Iterator[Route]:
    for entry in resolver.url_patterns:
        here = path + str(entry.pattern)
        taken = (*outer, *(getattr(entry.pattern, "converters", None) or entry.pattern.regex.groupindex))
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from _walk(entry, here, inner, taken)
        elif isinstance(entry, URLPattern):
            name = f"{namespace}{entry.name}" if entry.name else ""
            yield Route(here, name, taken)
