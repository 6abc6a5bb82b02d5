"""The API's description: kept in docs/, without warnings, and true of the answers."""

import io
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from rest_framework.test import APIClient

from accounts.models import BrokerAccount, Trader
from tests import make
from tests.access.test_access import fill

KEPT = Path(settings.BASE_DIR) / "docs" / "openapi.yaml"


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    return dict(yaml.safe_load(KEPT.read_text()))


def test_the_kept_description_is_current_and_has_no_warning(tmp_path: Path) -> None:
    fresh = tmp_path / "openapi.yaml"
    call_command("spectacular", file=str(fresh), validate=True, fail_on_warn=True, stderr=io.StringIO())
    assert fresh.read_text() == KEPT.read_text(), "Run: manage.py spectacular --file docs/openapi.yaml"


def test_every_operation_says_what_it_does_and_how_it_refuses(description: dict[str, Any]) -> None:
    operations = [
        (path, operation)
        for path, methods in description["paths"].items()
        for operation in methods.values()
        if isinstance(operation, dict)
    ]
    assert len({operation["operationId"] for _, operation in operations}) == len(operations) > 25
    for path, operation in operations:
        assert operation["summary"], path
        refusals = [status for status in operation["responses"] if status >= "400"]
        assert refusals or path.endswith("schema/"), path


def strict(schema: Any, components: dict[str, Any]) -> Any:
    """The JSON Schema of an OpenAPI 3.0 schema, in which nothing undescribed may appear."""
    if isinstance(schema, list):
        return [strict(part, components) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return strict(components[schema["$ref"].rsplit("/", 1)[1]], components)
    # A key with a mapping below it is the name of a property, whatever it is called.
    ours = {key for key in ("nullable", "format") if not isinstance(schema.get(key), dict)}
    plain = {key: strict(value, components) for key, value in schema.items() if key not in ours}
    if "properties" in plain:
        plain.setdefault("additionalProperties", False)
    return {"anyOf": [plain, {"type": "null"}]} if schema.get("nullable") is True else plain


def check(answer: Any, path: str, description: dict[str, Any]) -> None:
    described = description["paths"][path]["get"]["responses"][str(answer.status_code)]
    kinds = described["content"]
    if "application/json" not in kinds:
        assert answer["Content-Type"] in kinds
        return
    schema = kinds["application/json"]["schema"]
    validator = Draft202012Validator(strict(schema, description["components"]["schemas"]))
    problems = [f"{list(error.absolute_path)}: {error.message}" for error in validator.iter_errors(answer.json())]
    assert problems == [], path


@pytest.mark.django_db
def test_the_answers_are_as_described(ann_api: APIClient, ann: Trader, description: dict[str, Any]) -> None:
    account: BrokerAccount = make.account(ann)
    ids = {name: found.pk for name, found in fill(account).items()} | {"day": make.START.date()}
    checked = 0
    for path, methods in description["paths"].items():
        if "get" not in methods or path.endswith(("schema/", "docs/")) or "/export" in path:
            continue
        answer = ann_api.get(path.format(**ids))
        assert answer.status_code in {200, 503}, path
        check(answer, path, description)
        checked += 1
    assert checked >= 15
    refused = ann_api.get("/api/v1/trades/", {"limit": "x"})
    check(refused, "/api/v1/trades/", description)


@pytest.mark.django_db
def test_the_browsable_description_keeps_the_content_policy(stranger: Client) -> None:
    page = stranger.get("/api/v1/docs/")
    assert page.status_code == 200
    text = page.content.decode()
    assert "unsafe" not in page["Content-Security-Policy"]
    assert "<style" not in text
    assert "<script>" not in text
    assert "http://" not in text
    assert "https://" not in text
    script = stranger.get("/api/v1/docs/?script=")
    assert script["Content-Type"].startswith("application/javascript")
    assert "/api/v1/schema/" in script.content.decode()
    assert stranger.get("/api/v1/schema/").status_code == 200
