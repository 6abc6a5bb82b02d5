"""What the portal exports, it imports: every list in every form, and a whole account, digit for digit."""

import io
import json
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import F
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import BrokerAccount, Trader
from tests import make
from tests.services import act
from tests.services.book import rows_of
from trading import tabular
from trading.models import CashFlow, Execution, JournalEntry, Position, State, Trade
from trading.queries.account_export import account_lines
from trading.queries.exports import CASH_FLOWS, EXECUTIONS, POSITIONS, TRADES, Export
from trading.queries.figures import account_figures, opening_balance
from trading.samplefiles.account import Profile
from trading.samplefiles.mt4_html import write_mt4_html
from trading.samplefiles.mt5_xlsx import write_mt5_xlsx
from trading.samplefiles.simulate import simulate
from trading.statements.portal_files import _unescaped

pytestmark = pytest.mark.django_db

ENDINGS = list(tabular.FORMATS)
#: What an import of a list can't know again: where the row came from.
ORIGIN = ("source", "source_statement")


def account_with_history(owner: Trader, write: Callable[..., Any] = write_mt5_xlsx) -> BrokerAccount:
    profile = Profile(seed=11, trades=40, days=40)
    out = io.BytesIO()
    write(simulate(profile), out)
    account = act.account_of(act.imported(owner, out.getvalue(), "history.xlsx"))
    trade = Trade.objects.filter(account=account).earliest("opened_at")
    make.journal_entry(trade, tags=("A+ setup", "London"), notes='=1+1\nWaited,  and "won".', rating=4)
    Trade.objects.filter(pk=trade.pk).update(comment="'=SUM(1)", open_stop_loss=Decimal("1.10"))
    return account


def listed(export: Export, rows: Any, ending: str) -> bytes:
    chunks, _ = tabular.FORMATS[ending]
    return b"".join(chunks(export.headings, export.rows(rows)))


def whole(account: BrokerAccount) -> bytes:
    return b"".join(tabular.line_chunks(account_lines(account, act.NOW)))


def book(account: BrokerAccount) -> dict[str, Any]:
    """The rows of the history, without where each came from."""
    rows = rows_of(account)
    kept = {word: rows[word] for word in ("trades", "executions", "cash_flows")}
    return {
        word: [{key: value for key, value in row.items() if key not in ORIGIN} for row in found]
        for word, found in kept.items()
    }


def noted(account: BrokerAccount) -> list[Any]:
    entries = JournalEntry.objects.filter(account=account).order_by("ticket")
    return [
        (entry.ticket, entry.notes, entry.initial_stop_loss, entry.rating, [tag.name for tag in entry.tags.all()])
        for entry in entries
    ]


@pytest.mark.parametrize("write", [write_mt5_xlsx, write_mt4_html])
def test_a_whole_account_comes_back_as_it_was(ann: Trader, bo: Trader, write: Callable[..., Any]) -> None:
    account = account_with_history(ann, write)
    file = whole(account)
    statement = act.imported(bo, file, "account.jsonl")
    copy = act.account_of(statement)
    assert copy.pk != account.pk and copy.trader == bo
    assert book(copy) == book(account) and len(book(copy)["trades"]) >= 40
    assert noted(copy) == noted(account) and len(noted(copy)) == 1
    same = (
        "platform",
        "broker",
        "server",
        "number",
        "currency",
        "server_time_zone",
        "margin_mode",
        "leverage",
        "is_demo",
    )
    assert [getattr(copy, field) for field in same] == [getattr(account, field) for field in same]
    assert opening_balance(copy) == opening_balance(account)
    assert account_figures(copy, "mt5")["profit_factor"] == account_figures(account, "mt5")["profit_factor"]
    assert [(figure["key"], figure["state"]) for figure in statement.stated] == [("balance", "ties")]
    assert not statement.problems
    assert [json.loads(line) for line in whole(copy).splitlines()[1:]] == [
        json.loads(line) for line in file.splitlines()[1:]
    ]


def test_a_whole_account_adds_nothing_to_itself(ann: Trader) -> None:
    account = account_with_history(ann)
    before, revision = book(account), BrokerAccount.objects.get(pk=account.pk).revision
    statement = act.imported(ann, whole(account), "account.jsonl")
    assert statement.outcome["changes_nothing"] and act.account_of(statement) == account
    assert book(account) == before and BrokerAccount.objects.get(pk=account.pk).revision == revision


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_lists_of_an_account_come_back(ann: Trader, bo: Trader, ending: str) -> None:
    account = account_with_history(ann)
    for export, model in ((TRADES, Trade), (EXECUTIONS, Execution), (CASH_FLOWS, CashFlow)):
        content = listed(export, model.objects.filter(account=account), ending)
        statement = act.imported(bo, content, f"{export.name}.{ending}")
        assert not statement.problems and statement.format == f"portal-{export.name}"
    copy = act.account_of(statement)
    assert book(copy) == book(account)
    assert noted(copy) == noted(account)
    assert copy.server_time_zone == account.server_time_zone and not statement.zone_is_guessed


@pytest.mark.parametrize("ending", ENDINGS)
def test_trades_alone_carry_their_money(ann: Trader, bo: Trader, ending: str) -> None:
    account = make.account(ann)
    make.trade(account, gross_profit=Decimal("12.30"), commission=Decimal("-0.70"), swap=Decimal(0))
    statement = act.imported(bo, listed(TRADES, Trade.objects.filter(account=account), ending))
    fills = Execution.objects.filter(account=act.account_of(statement))
    assert sum(fill.net_profit for fill in fills) == Decimal("11.60")
    assert all(fill.is_derived for fill in fills)


def test_what_the_trader_noted_here_is_not_replaced(ann: Trader) -> None:
    account = account_with_history(ann)
    file = whole(account)
    entry = JournalEntry.objects.get(account=account)
    entry.notes = "Mine."
    entry.save()
    act.imported(ann, file)
    assert JournalEntry.objects.get(account=account).notes == "Mine."


def test_an_undo_takes_the_rows_away_and_leaves_the_notes(ann: Trader, bo: Trader) -> None:
    statement = act.imported(bo, whole(account_with_history(ann)))
    copy = act.account_of(statement)
    act.undone(statement)
    assert not Trade.objects.filter(account=copy).exists()
    assert JournalEntry.objects.filter(account=copy).count() == 1


def refused(trader: Trader, content: bytes) -> str:
    statement = act.read(trader, content)
    assert statement.state == State.REFUSED, statement.error_message
    return statement.error_code


def test_executions_before_their_trades_are_refused(ann: Trader, bo: Trader) -> None:
    account = account_with_history(ann)
    executions = listed(EXECUTIONS, Execution.objects.filter(account=account), "csv")
    assert refused(bo, executions) == "trades_missing"


def test_a_file_of_two_accounts_is_refused(ann: Trader, bo: Trader) -> None:
    make.trade(make.account(ann))
    make.trade(make.account(ann))
    assert refused(bo, listed(TRADES, Trade.objects.for_trader(ann), "csv")) == "several_accounts"


def test_open_positions_are_refused_with_what_to_import_instead(ann: Trader, bo: Trader) -> None:
    make.position(make.account(ann))
    assert refused(bo, listed(POSITIONS, Position.objects.for_trader(ann), "json")) == "positions_only"


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_list_without_rows_is_refused(bo: Trader, ending: str) -> None:
    code = refused(bo, listed(TRADES, Trade.objects.none(), ending))
    # Nothing tells an empty list of JSON from any other.
    assert code == ("not_a_statement" if ending == "json" else "empty")


@pytest.mark.parametrize("cut", [1, 7, 60])
def test_an_account_that_is_cut_short_is_refused(ann: Trader, bo: Trader, cut: int) -> None:
    lines = whole(account_with_history(ann)).splitlines()
    assert refused(bo, b"\n".join(lines[:-cut])) == "truncated"
    assert refused(bo, b"\n".join([*lines[:-2], lines[-1]])) == "truncated"


def test_an_account_that_changed_while_it_was_written_is_refused(ann: Trader, bo: Trader) -> None:
    account = account_with_history(ann)
    lines = account_lines(account, act.NOW)
    begun = [next(lines)]
    BrokerAccount.objects.filter(pk=account.pk).update(revision=F("revision") + 1)
    content = b"".join(tabular.line_chunks([*begun, *lines]))
    assert refused(bo, content) == "changed_meanwhile"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("volume_lots", "NaN"),
        ("volume_lots", "-1"),
        ("gross_profit", "1e3"),
        ("gross_profit", 1.5),
        ("gross_profit", "9" * 30),
        ("opened_at", "2025-01-01 10:00:00"),
        ("opened_at", "0001-01-01T00:00:00Z"),
        ("closed_at", "2001-01-01T00:00:00Z"),
        ("side", "long"),
        ("ticket", "x" * 65),
        ("ticket", ""),
        ("close_price", None),
        ("symbol", ["EURUSD"]),
    ],
)
def test_a_row_that_was_spoiled_is_a_problem_with_its_line(ann: Trader, bo: Trader, field: str, value: Any) -> None:
    account = make.account(ann)
    for _ in range(2):
        make.trade(account)
    rows = json.loads(listed(TRADES, Trade.objects.filter(account=account), "json"))
    rows[1][field] = value
    content = b"[\n" + b",\n".join(json.dumps(row).encode() for row in rows) + b"\n]\n"
    statement = act.read(bo, content)
    assert statement.state == State.READY
    (problem,) = statement.problems
    assert problem["line"] == 3 and problem["reason"]
    assert statement.outcome["trades"]["added"] == 1


@pytest.mark.parametrize("separator", [";", "\t"])
def test_a_list_that_a_spreadsheet_saved_with_another_separator_is_read(
    ann: Trader, bo: Trader, separator: str
) -> None:
    account = make.account(ann)
    make.trade(account)
    content = listed(TRADES, Trade.objects.filter(account=account), "csv").decode().replace(",", separator)
    statement = act.imported(bo, b"\xef\xbb\xbf" + content.encode())
    assert statement.outcome["trades"]["added"] == 1


def test_a_list_of_json_that_was_laid_out_anew_is_read(ann: Trader, bo: Trader) -> None:
    account = make.account(ann)
    make.trade(account)
    rows = json.loads(listed(TRADES, Trade.objects.filter(account=account), "json"))
    for indent in (None, 2):
        statement = act.imported(make.trader(), json.dumps(rows, indent=indent).encode())
        assert statement.outcome["trades"]["added"] == 1


@given(text=st.text())
def test_a_text_is_the_same_after_it_was_made_safe_for_a_spreadsheet(text: str) -> None:
    assert _unescaped(tabular.safe(text)) == text


def test_an_older_export_does_not_overrule_what_the_broker_said_later(ann: Trader) -> None:
    account = account_with_history(ann)
    file = whole(account)
    trade = Trade.objects.filter(account=account, closed_at__isnull=False).latest("closed_at")
    lines = [json.loads(line) for line in file.splitlines()]
    spoiled = next(line for line in lines if line.get("row") == "trade" and line["ticket"] == trade.ticket)
    spoiled["gross_profit"] = "0.01"
    lines[0]["exported_at"] = (trade.opened_at - timedelta(days=900)).isoformat()
    newer = act.imported(ann, b"".join(tabular.line_chunks(lines)), now=act.NOW)
    assert newer.state == State.COMMITTED
    trade.refresh_from_db()
    assert trade.gross_profit != Decimal("0.01")
