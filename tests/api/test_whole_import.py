"""A broker's file from its upload to its undo, all through the API; the work in between is done by the real jobs."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from tests.api.test_schema import check, description
from tests.api.test_statements import STATEMENTS, act, upload
from trading.models import Statement
from trading.samplefiles.account import Profile
from trading.samplefiles.mt5_xlsx import write_mt5_xlsx
from trading.samplefiles.simulate import simulate
from trading.services import statements as services

__all__ = ["description"]


@pytest.fixture(scope="module")
def report() -> bytes:
    out = BytesIO()
    ends_at = datetime.now(UTC).replace(tzinfo=None, microsecond=0) - timedelta(days=1)
    write_mt5_xlsx(simulate(Profile(number="51000001", currency="EUR", seed=5, trades=60, ends_at=ends_at)), out)
    return out.getvalue()


@pytest.mark.django_db(transaction=True)
def test_a_report_goes_in_ties_and_goes_out_again(
    ann_api: APIClient, report: bytes, description: dict[str, Any]
) -> None:
    path = upload(ann_api, report, "ReportHistory-51000001.xlsx", time_zone="Europe/Athens")["Location"]
    statement = Statement.objects.get()
    services.read(statement.pk, timezone.now())
    ready = ann_api.get(path)
    assert (ready.json()["state"], ready.json()["problems"]) == ("ready", [])
    assert ann_api.get("/api/v1/trades/").json()["results"] == []

    assert act(ann_api, statement, "commit").json()["state"] == "committing"
    services.commit(statement.pk, timezone.now())
    committed = ann_api.get(path, HTTP_IF_NONE_MATCH=ready["ETag"])
    check(committed, f"{STATEMENTS}{{statement_id}}/", description)
    shown = committed.json()
    assert shown["state"] == "committed"
    assert len(shown["stated"]) > 10
    assert {figure["state"] for figure in shown["stated"]} <= {"ties", "not_computed"}

    account = f"/api/v1/accounts/{shown['account']}/"
    assert ann_api.get(f"{account}balance-proof/").json()["ties"] is True
    net = Decimal(ann_api.get(f"{account}summary/").json()["figures"]["net_profit"])
    by_key = {figure["key"]: figure["ours"] for figure in shown["stated"]}
    assert Decimal(by_key["net_profit"]) == round(net, 2)
    assert ann_api.get("/api/v1/trades/").json()["results"]

    assert act(ann_api, statement, "undo").status_code == 202
    services.undo(statement.pk, timezone.now())
    assert ann_api.get(path).json()["state"] == "undone"
    assert ann_api.get("/api/v1/trades/").json()["results"] == []
