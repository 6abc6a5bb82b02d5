"""Documentation that lags behind fails: settings, commands, endpoints, links."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from django.core.management import call_command
from django.urls import URLPattern, URLResolver, get_resolver

from devtools.links import broken_links, pages
from tradeportal.local import ROOT

READS = (
    re.compile(r"""\benv\.\w+\(\s*"([A-Z][A-Z0-9_]+)\""""),
    re.compile(r"""\benviron(?:ment)?(?:\.get|\.setdefault)\(\s*"([A-Z][A-Z0-9_]+)\""""),
    re.compile(r"""\benviron(?:ment)?\[\s*"([A-Z][A-Z0-9_]+)"\s*\]"""),
    re.compile(r"""\bProgram\(\s*"\w+",\s*"([A-Z][A-Z0-9_]+)\""""),
)
#: Set by our own programs for each other or by the system, and no business of a person.
INTERNAL = {
    "DEBIAN_FRONTEND",
    "DJANGO_ALLOW_ASYNC_UNSAFE",
    "DJANGO_SETTINGS_MODULE",
    "LOAD_CONDITIONAL",
    "MAKELEVEL",
    "PYTHONUNBUFFERED",
}
ROOMS = ("accounts", "devtools", "loadtest", "tradeportal", "trading", "tests")


def variables_read() -> set[str]:
    found: set[str] = set()
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            text = path.read_text()
            if "house" not in path.parts:
                found.update(name for pattern in READS for name in pattern.findall(text))
    return found - INTERNAL


def test_every_variable_stands_in_the_example_and_no_other() -> None:
    example = set(re.findall(r"^#?([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert example == variables_read()


def test_every_variable_is_described_and_no_other() -> None:
    described = set(re.findall(r"^\| `([A-Z][A-Z0-9_]+)` \|", (ROOT / "docs/settings.md").read_text(), re.MULTILINE))
    assert described == variables_read()


def commands() -> list[str]:
    found = [*ROOT.glob("*/management/commands/*.py")]
    return sorted(path.stem for path in found if not path.stem.startswith("_"))


@pytest.mark.parametrize("command", commands())
def test_every_command_is_described(command: str) -> None:
    assert f"`manage.py {command}" in (ROOT / "docs/index.md").read_text()


def wishes() -> list[str]:
    return re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("wish", wishes())
def test_every_wish_of_make_is_described_and_listed_by_help(wish: str) -> None:
    assert f"`make {wish}`" in (ROOT / "docs/index.md").read_text()
    listed = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert re.search(rf"^make {wish} +\S", listed.stdout, re.MULTILINE)


def api_paths(resolver: URLResolver | None = None, prefix: str = "/") -> Iterator[str]:
    """Every route of the API as OpenAPI writes it."""
    for entry in (resolver or get_resolver()).url_patterns:
        route = prefix + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(entry.pattern))
        if isinstance(entry, URLResolver):
            yield from api_paths(entry, route)
        elif isinstance(entry, URLPattern) and route.startswith("/api/v1/") and "^" not in route:
            yield route


@pytest.fixture(scope="module")
def schema() -> Path:
    return ROOT / "docs" / "openapi.yaml"


def test_every_endpoint_stands_in_the_schema(schema: Path) -> None:
    shown = {"/api/v1/schema/", "/api/v1/docs/"}
    assert set(api_paths()) - shown == set(yaml.safe_load(schema.read_text())["paths"]) - shown


def test_the_schema_is_what_the_code_says(schema: Path, tmp_path: Path) -> None:
    fresh = tmp_path / "openapi.yaml"
    call_command("spectacular", file=str(fresh), validate=True, fail_on_warn=True)
    assert fresh.read_text() == schema.read_text(), "run `make docs`"


@pytest.mark.parametrize("page", pages(ROOT), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    assert list(broken_links(page)) == []


def test_every_decision_is_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = set(re.findall(r"\((\d{4}-[\w-]+\.md)\)", (folder / "README.md").read_text()))
    assert listed == {path.name for path in folder.glob("[0-9]*.md")}


def test_the_ci_script_runs_the_test_command_of_the_readme() -> None:
    script = ROOT / ".ci" / "run"
    assert "make test" in (ROOT / "README.md").read_text()
    assert script.stat().st_mode & 0o111
    assert re.search(r"^exec make test$", script.read_text(), re.MULTILINE)


def test_every_dependency_says_what_it_is_for_and_no_other() -> None:
    text = (ROOT / "docs/decisions/0023-dependencies.md").read_text()
    told = re.findall(r"^\| ([A-Za-z0-9-]+) \|", text, re.MULTILINE)
    lines = [
        line for name in ("requirements.in", "requirements-dev.in") for line in (ROOT / name).read_text().splitlines()
    ]
    asked = [re.split(r"[\[><=;]", line)[0].strip() for line in lines if line[:1].isalnum()]
    assert sorted(set(told) - {"package"}) == sorted(asked)
