"""Every model in the admin: found, searched, filtered, and no slower for twenty more rows."""

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import ApiKey, BrokerAccount, SecurityEvent, SignIn, Trader, WebSession
from accounts.services.sign_in import start_sign_in
from tests import make
from tests.cast import NOW
from tests.sync.bridge import make_key
from trading.models import (
    AccountRollup,
    AccountRules,
    Break,
    CashFlow,
    DayDigest,
    DayRollup,
    ExchangeRate,
    Execution,
    Instrument,
    JournalEntry,
    LiveSnapshot,
    Position,
    Quote,
    RateUpload,
    ReconciliationLog,
    Screenshot,
    ScreenshotData,
    SharedRecord,
    Snapshot,
    Statement,
    StatementCorrection,
    StatementFile,
    StatementFileChunk,
    SymbolMapping,
    SyncReceipt,
    SyncState,
    Tag,
    Trade,
)

pytestmark = pytest.mark.django_db
HISTORY = (
    Trade,
    Execution,
    CashFlow,
    Position,
    Snapshot,
    Screenshot,
    JournalEntry,
    Statement,
    StatementFile,
    StatementCorrection,
    SharedRecord,
    DayDigest,
)
#: Bytes alone, which belong to the row of their file or picture; rows with a key of several columns, which the admin
#: can't show; and what says that those of an account are there.
WITHOUT_ADMIN = {StatementFileChunk, ScreenshotData, LiveSnapshot, DayRollup, AccountRollup}


def corrected_trade() -> Trade:
    """A trade whose old values an event holds."""
    trade = make.trade()
    trade.comment = "corrected"
    trade.save(update_fields=["comment"])
    return trade


def correction() -> StatementCorrection:
    statement = make.committed_statement()
    return StatementCorrection.objects.create(
        statement=statement, table="trade", row_id=make.trade().pk, action="corrected", before={"comment": "old"}
    )


def logged() -> ReconciliationLog:
    return ReconciliationLog.objects.create(account=make.account(), event="sync", at=NOW)


def receipt() -> SyncReceipt:
    return SyncReceipt.objects.create(
        trader=make.trader(), key="k1", request_sha256="0" * 64, answer={"accounts": []}, created_at=NOW
    )


def quoted() -> Quote:
    return Quote.objects.create(account=make.account(), symbol="EURUSD", bid="1.1", ask="1.2", quoted_at=NOW)


MAKERS: dict[type[Model], Callable[[], Any]] = {
    Trader: make.trader,
    BrokerAccount: make.account,
    WebSession: make.web_session,
    SecurityEvent: make.security_event,
    SignIn: lambda: start_sign_in(make.trader(), NOW),
    Trade: make.trade,
    Execution: lambda: make.execution(trade=make.trade()),
    CashFlow: make.cash_flow,
    Position: make.position,
    Snapshot: make.snapshot,
    Screenshot: make.screenshot,
    JournalEntry: lambda: make.journal_entry(tags=("breakout",)),
    Statement: lambda: make.committed_statement(account=make.account()),
    StatementFile: make.statement_file,
    StatementCorrection: correction,
    Instrument: lambda: make.symbol_mapping().instrument,
    SymbolMapping: make.symbol_mapping,
    Tag: make.tag,
    RateUpload: lambda: make.rate(make.trader()),
    ExchangeRate: lambda: make.rate(make.trader()),
    apps.get_model("trading", "TradeEvent"): corrected_trade,
    SyncState: make.feed,
    SyncReceipt: receipt,
    Quote: quoted,
    ApiKey: lambda: make_key(make.account()).key,
    AccountRules: lambda: AccountRules.objects.create(account=make.account()),
    Break: make.open_break,
    ReconciliationLog: logged,
    SharedRecord: make.shared_record,
    DayDigest: make.day_digest,
}


def address(model: type[Model], page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def own_models() -> list[type[Model]]:
    return [model for label in ("accounts", "trading") for model in apps.get_app_config(label).get_models()]


@pytest.mark.parametrize("model", own_models(), ids=lambda model: model.__name__)
def test_every_model_has_an_admin_with_search_and_filters(model: type[Model]) -> None:
    if model in WITHOUT_ADMIN:
        assert not admin.site.is_registered(model)
        return
    registered = admin.site.get_model_admin(model)
    assert registered.search_fields
    assert registered.list_filter
    shown_relations = {
        field.name for field in model._meta.fields if field.is_relation and field.name in registered.list_display
    }
    joined = registered.list_select_related
    assert shown_relations <= set(joined if isinstance(joined, (list, tuple)) else ())


def count_queries(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as seen:
        answer = client.get(path)
    assert answer.status_code == 200
    return len(seen)


@pytest.mark.parametrize("model", MAKERS, ids=lambda model: model.__name__)
def test_a_changelist_asks_no_more_for_twenty_more_rows(cy_client: Client, model: type[Model]) -> None:
    path = address(model, "changelist")
    for _ in range(2):
        MAKERS[model]()
    cy_client.get(path)
    few = count_queries(cy_client, path)
    for _ in range(20):
        MAKERS[model]()
    # Looked at once before, as above: what is kept of the new rows is computed for all of them together.
    cy_client.get(path)
    assert count_queries(cy_client, path) <= few


@pytest.mark.parametrize("model", MAKERS, ids=lambda model: model.__name__)
def test_a_search_and_every_detail_page_answer(cy_client: Client, model: type[Model]) -> None:
    MAKERS[model]()
    row: Any = model._default_manager.first()
    assert cy_client.get(address(model, "changelist"), {"q": "nothing like it"}).status_code == 200
    assert cy_client.get(address(model, "change", row.pk)).status_code == 200


def test_every_changelist_opens_those_of_packages_included(cy_client: Client) -> None:
    closed = {
        str(model): status
        for model in admin.site._registry
        if (status := cy_client.get(address(model, "changelist")).status_code) != 200
    }
    assert closed == {}


@pytest.mark.parametrize("model", HISTORY, ids=lambda model: model.__name__)
def test_the_history_can_t_be_touched(cy_client: Client, model: type[Model]) -> None:
    MAKERS[model]()
    row: Any = model._default_manager.first()
    before = model._default_manager.filter(pk=row.pk).values().get()
    assert cy_client.get(address(model, "add")).status_code == 403
    assert cy_client.post(address(model, "add"), {}).status_code == 403
    assert cy_client.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    assert cy_client.post(address(model, "change", row.pk), {"symbol": "HACKED"}).status_code == 403
    bulk = {"action": "delete_selected", "_selected_action": [str(row.pk)], "post": "yes"}
    cy_client.post(address(model, "changelist"), bulk)
    assert model._default_manager.filter(pk=row.pk).values().get() == before


def test_traders_and_accounts_are_never_deleted(cy_client: Client) -> None:
    account = make.account()
    assert cy_client.post(address(BrokerAccount, "delete", account.pk), {"post": "yes"}).status_code == 403
    assert cy_client.post(address(Trader, "delete", account.trader_id), {"post": "yes"}).status_code == 403
    assert BrokerAccount.objects.filter(pk=account.pk).exists()


def test_no_trader_gets_into_the_admin(ann_client: Client, stranger: Client) -> None:
    for client in (ann_client, stranger):
        answer = client.get("/admin/")
        assert answer.status_code in {302, 403}
        assert b"Trades" not in answer.content
    assert not LogEntry.objects.exists()


def test_staff_sign_in_where_everybody_does(stranger: Client) -> None:
    answer = stranger.get("/admin/login/")
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("account_login"))
