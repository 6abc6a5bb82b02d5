"""Traders, accounts and statements in the hands of staff."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from accounts.models import BrokerAccount, SignIn, Trader
from tests import make
from tests.cast import NOW, api_client
from trading.models import State, Statement

pytestmark = pytest.mark.django_db
NEW_PASSWORD = "another fine password"


def change_page(model: str, row: Any) -> str:
    return reverse(f"admin:{model}_change", args=[row.pk])


def filled(client: Client, path: str) -> dict[str, Any]:
    """What the form of a page would send back unchanged."""
    form = client.get(path).context["adminform"].form
    values = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    return {name: value for name, value in values.items() if value not in (None, False)}


def test_staff_give_a_trader_a_new_password_and_the_old_tokens_die(cy_client: Client, ann: Trader) -> None:
    ann_api = api_client(ann)
    assert ann_api.get("/api/v1/accounts/").status_code == 200
    path = reverse("admin:auth_user_password_change", args=[ann.pk])
    answer = cy_client.post(path, {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD, "usable_password": "true"})
    assert answer.status_code == 302
    ann.refresh_from_db()
    assert ann.check_password(NEW_PASSWORD)
    assert ann_api.get("/api/v1/accounts/").status_code == 401


def test_a_trader_made_inactive_by_staff_is_out_at_once(cy_client: Client, ann: Trader, ann_api: APIClient) -> None:
    assert ann_api.get("/api/v1/accounts/").status_code == 200
    path = change_page("accounts_trader", ann)
    values = filled(cy_client, path)
    values.pop("is_active")
    assert cy_client.post(path, values).status_code == 302
    ann.refresh_from_db()
    assert not ann.is_active
    assert ann_api.get("/api/v1/accounts/").status_code == 401


def test_staff_add_a_trader(cy_client: Client) -> None:
    path = reverse("admin:accounts_trader_add")
    fields = {"email": "Dee@example.com", "name": "Dee", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    answer = cy_client.post(path, {**fields, "usable_password": "true"})
    assert answer.status_code == 302
    assert Trader.objects.get(email__iexact="dee@example.com").check_password(NEW_PASSWORD)


def test_an_edited_account_gets_a_new_revision_and_keeps_its_owner(cy_client: Client, bo: Trader) -> None:
    account = make.account()
    path = change_page("accounts_brokeraccount", account)
    values = {**filled(cy_client, path), "label": "Renamed", "trader": str(bo.pk)}
    answer = cy_client.post(path, values)
    assert answer.status_code == 302
    changed = BrokerAccount.objects.get(pk=account.pk)
    assert (changed.label, changed.trader_id, changed.revision) == ("Renamed", account.trader_id, 1)


def test_a_tag_renamed_by_staff_shows_its_new_name_at_once(cy_client: Client, ann: Trader, ann_api: APIClient) -> None:
    entry = make.journal_entry(make.trade(make.account(ann)), tags=("nwes",))
    assert ann_api.get("/api/v1/trades/").json()["results"][0]["tags"] == ["nwes"]
    path = change_page("trading_tag", entry.tags.get())
    cy_client.post(path, {"name": "news", "trader": str(ann.pk)})
    assert ann_api.get("/api/v1/trades/").json()["results"][0]["tags"] == ["news"]


def act(client: Client, model: str, action: str, *rows: Any) -> Any:
    path = reverse(f"admin:{model}_changelist")
    return client.post(path, {"action": action, "_selected_action": [str(row.pk) for row in rows]}, follow=True)


def test_staff_archive_and_restore_accounts(cy_client: Client) -> None:
    account = make.account()
    act(cy_client, "accounts_brokeraccount", "archive", account)
    assert BrokerAccount.objects.get(pk=account.pk).archived_at
    act(cy_client, "accounts_brokeraccount", "restore", account)
    assert BrokerAccount.objects.get(pk=account.pk).archived_at is None


def test_staff_end_a_sign_in(cy_client: Client, ann_api: APIClient) -> None:
    assert ann_api.get("/api/v1/accounts/").status_code == 200
    act(cy_client, "accounts_signin", "end", SignIn.objects.get())
    assert ann_api.get("/api/v1/accounts/").status_code == 401


# ---- Statements ---------------------------------------------------------------------------------------------------------

PROBLEM = {"line": 17, "reason": "No price in this row.", "text": "<b>odd</b>", "amount": "-3.20"}
FIGURE = {
    "key": "net_profit",
    "label": "Total Net Profit",
    "stated": "101.00",
    "ours": "100.00",
    "difference": "-1.00",
    "state": "differs",
    "reason": "",
}


def test_a_statement_shows_its_problems_its_totals_and_its_file(cy_client: Client) -> None:
    statement = make.committed_statement(problems=[PROBLEM], stated=[FIGURE])
    page = cy_client.get(change_page("trading_statement", statement)).content.decode()
    for text in ("No price in this row.", "-3.20", "Total Net Profit", "101.00", "-1.00", statement.file.sha256):
        assert text in page
    assert "<b>odd</b>" not in page
    assert "&lt;b&gt;odd&lt;/b&gt;" in page


def test_the_list_counts_problems_without_reading_them(cy_client: Client) -> None:
    make.statement(problems=[PROBLEM] * 3)
    page = cy_client.get(reverse("admin:trading_statement_changelist"))
    assert page.context["cl"].result_list[0].problems_found == 3


def test_staff_have_a_kept_file_read_again(cy_client: Client) -> None:
    statement = make.committed_statement()
    act(cy_client, "trading_statement", "reread", statement)
    again = Statement.objects.exclude(pk=statement.pk).get()
    assert (again.state, again.file_id) == (State.QUEUED, statement.file_id)


def test_an_act_that_does_not_fit_is_refused_with_its_reason(cy_client: Client) -> None:
    statement = make.committed_statement()
    page = act(cy_client, "trading_statement", "discard", statement).content.decode()
    assert "can be discarded" in page
    assert Statement.objects.get().state == State.COMMITTED


@pytest.mark.django_db(transaction=True)
def test_staff_end_work_that_nobody_does(cy_client: Client) -> None:
    statement = make.statement(state=State.READING, uploaded_at=NOW - timedelta(hours=1))
    act(cy_client, "trading_statement", "end_abandoned", statement)
    assert Statement.objects.get().state == State.FAILED


# ---- Content security policy --------------------------------------------------------------------------------------------


def test_the_exception_of_the_admin_reaches_no_other_page(cy_client: Client) -> None:
    inside = cy_client.get("/admin/")["Content-Security-Policy"]
    outside = cy_client.get("/api/v1/docs/")["Content-Security-Policy"]
    assert "unsafe-eval" in inside
    assert "script-src 'self' 'unsafe-eval';" in inside
    assert "unsafe" not in outside
