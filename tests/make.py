"""Factories: one row each, with sensible values, saved and reloaded as the database keeps it.

Anything can be overridden by name. `account` is made when none is given; numbers, tickets and references are unique.
"""

import hashlib
import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import count
from typing import Any, TypeVar
from uuid import uuid4

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import make_password
from django.db.models import F
from django.utils import timezone
from PIL import Image

from accounts.models import BrokerAccount, SecurityEvent, Trader, WebSession
from trading.models import (
    Alert,
    Break,
    CashFlow,
    CloseRequest,
    DayDigest,
    DayNote,
    ExchangeRate,
    Execution,
    Instrument,
    JournalEntry,
    Position,
    RateUpload,
    Screenshot,
    ScreenshotData,
    SharedRecord,
    Snapshot,
    State,
    Statement,
    StatementFile,
    StatementFileChunk,
    SymbolMapping,
    SyncState,
    Tag,
    Trade,
    Webhook,
)

PASSWORD = "correct horse battery staple"
#: The first trade of a made account opens here; each further one a day later.
START = datetime(2025, 1, 6, 9, 0, tzinfo=UTC)
_numbers = count(1)
Row = TypeVar("Row", CashFlow, Execution, JournalEntry, Position, Screenshot, Snapshot, Trade)


@cache
def _password_hash(password: str) -> str:
    """Hashed once per run: Argon2 is slow on purpose."""
    return make_password(password)


def trader(email: str | None = None, password: str = PASSWORD, **fields: Any) -> Trader:
    email = email or f"trader{next(_numbers)}@example.com"
    return Trader.objects.create(email=email, password=_password_hash(password), **fields)


def verified(owner: Trader) -> EmailAddress:
    """The trader's address, confirmed by its link."""
    return EmailAddress.objects.create(user=owner, email=owner.email, verified=True, primary=True)


def web_session(owner: Trader | None = None, **fields: Any) -> WebSession:
    """A browser that is listed as signed in."""
    values = {"session_key": uuid4().hex, "address": "192.0.2.7", "client": "Firefox/140", "started_at": timezone.now()}
    return WebSession.objects.create(trader=owner or trader(), **values | fields)


def security_event(owner: Trader | None = None, **fields: Any) -> SecurityEvent:
    values = {"at": timezone.now(), "act": "signed_in", "address": "192.0.2.7", "client": "Firefox/140"}
    return SecurityEvent.objects.create(trader=owner or trader(), **values | fields)


def passkey(owner: Trader, name: str = "Laptop") -> Authenticator:
    """One that is listed and can be renamed and removed; no device answers for it."""
    data = {"name": name, "credential": {"clientExtensionResults": {"credProps": {"rk": True}}}}
    return Authenticator.objects.create(user=owner, type=Authenticator.Type.WEBAUTHN, data=data)


def account(owner: Trader | None = None, **fields: Any) -> BrokerAccount:
    number = next(_numbers)
    values: dict[str, Any] = {
        "trader": owner or fields.pop("trader", None) or trader(),
        "label": f"Account {number}",
        "platform": "mt5",
        "broker": "Example Markets",
        "server": "Example-Live",
        "number": str(5_000_000 + number),
        "currency": "USD",
        "leverage": 100,
    }
    return BrokerAccount.objects.create(**{**values, **fields})


def trade(account: BrokerAccount | None = None, **fields: Any) -> Trade:
    """A closed buy of 1.00 EURUSD that gained 100.00 after 7.00 of commission and 1.50 of swap."""
    number = next(_numbers)
    opened_at = fields.pop("opened_at", START + timedelta(days=number % 300))
    volume = fields.pop("volume_lots", Decimal("1.00"))
    values: dict[str, Any] = {
        "account": account or _account(),
        "ticket": str(70_000_000 + number),
        "symbol": "EURUSD",
        "side": "buy",
        "volume_lots": volume,
        "closed_volume_lots": volume,
        "opened_at": opened_at,
        "opened_text": opened_at.strftime("%Y.%m.%d %H:%M:%S"),
        "open_price": Decimal("1.10000"),
        "closed_at": opened_at + timedelta(hours=2),
        "closed_text": (opened_at + timedelta(hours=2)).strftime("%Y.%m.%d %H:%M:%S"),
        "close_price": Decimal("1.10100"),
        "stop_loss": Decimal("1.09500"),
        "take_profit": Decimal("1.11000"),
        "commission": Decimal("-7.00"),
        "swap": Decimal("-1.50"),
        "fee": Decimal(0),
        "gross_profit": Decimal("108.50"),
    }
    made = Trade.objects.create(**{**values, **fields})
    made.refresh_from_db()
    return _written(made)


def open_trade(account: BrokerAccount | None = None, **fields: Any) -> Trade:
    values: dict[str, Any] = {
        "closed_at": None,
        "closed_text": "",
        "close_price": None,
        "closed_volume_lots": Decimal(0),
        "gross_profit": Decimal(0),
        "swap": Decimal(0),
    }
    return trade(account, **{**values, **fields})


def execution(account: BrokerAccount | None = None, trade: Trade | None = None, **fields: Any) -> Execution:
    """The fill that opened `trade`, or an entry that belongs to none."""
    number = next(_numbers)
    executed_at = fields.pop("executed_at", trade.opened_at if trade else START)
    values: dict[str, Any] = {
        "account": account or (trade.account if trade else _account()),
        "trade": trade,
        "deal_id": str(90_000_000 + number),
        "order_id": str(80_000_000 + number),
        "symbol": trade.symbol if trade else "EURUSD",
        "direction": "in",
        "side": trade.side if trade else "buy",
        "volume_lots": trade.volume_lots if trade else Decimal("1.00"),
        "price": trade.open_price if trade else Decimal("1.10000"),
        "executed_at": executed_at,
        "executed_text": executed_at.strftime("%Y.%m.%d %H:%M:%S"),
        "sequence": 90_000_000 + number,
    }
    made = Execution.objects.create(**{**values, **fields})
    made.refresh_from_db()
    return _written(made)


def exit_of(trade: Trade, **fields: Any) -> Execution:
    """The fill that closed the whole of `trade`, with all its money."""
    values: dict[str, Any] = {
        "direction": "out",
        "side": "sell" if trade.side == "buy" else "buy",
        "price": trade.close_price,
        "executed_at": trade.closed_at,
        "commission": trade.commission,
        "swap": trade.swap,
        "fee": trade.fee,
        "gross_profit": trade.gross_profit,
    }
    return execution(trade=trade, **{**values, **fields})


def cash_flow(account: BrokerAccount | None = None, **fields: Any) -> CashFlow:
    number = next(_numbers)
    booked_at = fields.pop("booked_at", START - timedelta(days=1))
    values: dict[str, Any] = {
        "account": account or _account(),
        "reference": str(60_000_000 + number),
        "kind": "deposit",
        "amount": Decimal("10000.00"),
        "booked_at": booked_at,
        "booked_text": booked_at.strftime("%Y.%m.%d %H:%M:%S"),
        "sequence": number,
        "comment": "Deposit",
    }
    return _written(CashFlow.objects.create(**{**values, **fields}))


def position(account: BrokerAccount | None = None, **fields: Any) -> Position:
    number = next(_numbers)
    opened_at = fields.pop("opened_at", START + timedelta(days=number % 300))
    values: dict[str, Any] = {
        "account": account or _account(),
        "ticket": str(70_000_000 + number),
        "symbol": "XAUUSD",
        "side": "sell",
        "volume_lots": Decimal("0.50"),
        "opened_at": opened_at,
        "opened_text": opened_at.strftime("%Y.%m.%d %H:%M:%S"),
        "open_price": Decimal("2050.10"),
        "current_price": Decimal("2040.10"),
        "stop_loss": Decimal("2070.00"),
        "take_profit": Decimal("2000.00"),
        "floating_profit": Decimal("500.00"),
        "swap": Decimal("-3.20"),
        "reported_at": opened_at + timedelta(hours=5),
    }
    return _written(Position.objects.create(**{**values, **fields}))


def snapshot(account: BrokerAccount | None = None, **fields: Any) -> Snapshot:
    values: dict[str, Any] = {
        "account": account or _account(),
        "taken_at": START + timedelta(seconds=next(_numbers)),
        "balance": Decimal("10100.00"),
        "equity": Decimal("10600.00"),
        "margin": Decimal("200.00"),
        "free_margin": Decimal("10400.00"),
        "floating_profit": Decimal("500.00"),
        "open_positions": 1,
    }
    return _written(Snapshot.objects.create(**{**values, **fields}))


def statement_file(owner: Trader | None = None, content: bytes | None = None) -> StatementFile:
    content = content if content is not None else f"statement {next(_numbers)}".encode()
    kept = StatementFile.objects.create(
        trader=owner or trader(), sha256=hashlib.sha256(content).hexdigest(), size=len(content)
    )
    StatementFileChunk.objects.create(file=kept, number=0, data=content)
    return kept


def statement(owner: Trader | None = None, **fields: Any) -> Statement:
    """A dry run that waits for its owner: no account chosen, nothing understood wrongly."""
    number = next(_numbers)
    if owner is None:
        owner = fields["account"].trader if fields.get("account") else trader()
    values: dict[str, Any] = {
        "trader": owner,
        "file": fields.pop("file", None) or statement_file(owner),
        "name": f"ReportHistory-{number}.html",
        "state": State.READY,
        "progress_percent": 100,
        "uploaded_at": timezone.now(),
        "read_at": timezone.now(),
        "format": "mt5_history_html",
        "reader_version": 1,
        "server_time_zone": "Europe/Athens",
        "counts": {"closed_trades": 2, "deals": 4, "cash_flows": 1},
        "outcome": {"trades": {"added": 2, "corrected": 0, "unchanged": 0, "removed": 0}},
    }
    return Statement.objects.create(**{**values, **fields})


def committed_statement(owner: Trader | None = None, **fields: Any) -> Statement:
    values: dict[str, Any] = {"state": State.COMMITTED, "committed_at": timezone.now()}
    return statement(owner, **{**values, **fields})


def tag(owner: Trader | None = None, name: str | None = None) -> Tag:
    return Tag.objects.create(trader=owner or trader(), name=name or f"tag {next(_numbers)}")


def journal_entry(trade: Trade | None = None, tags: tuple[str, ...] = (), **fields: Any) -> JournalEntry:
    """Notes on `trade`, tagged with the named tags of its owner (made when they do not exist)."""
    trade = trade or _trade()
    entry = JournalEntry.objects.create(
        **{"account": trade.account, "ticket": trade.ticket, "notes": "Followed the plan.", **fields}
    )
    owner = trade.account.trader
    entry.tags.set([Tag.objects.get_or_create(trader=owner, name=name)[0] for name in tags])
    return _written(entry)


def picture(width: int = 40, height: int = 30, kind: str = "PNG", **saved: Any) -> bytes:
    """A file with a picture in it; no two are alike."""
    written = io.BytesIO()
    number = next(_numbers)
    colour = (number % 256, number // 256 % 256, 90)
    Image.new("RGB", (width, height), colour).save(written, kind, **saved)
    return written.getvalue()


def screenshot(trade: Trade | None = None, **fields: Any) -> Screenshot:
    """A picture beside `trade`, with its bytes."""
    trade = trade or _trade()
    number = next(_numbers)
    values: dict[str, Any] = {
        "account": trade.account,
        "ticket": trade.ticket,
        "sha256": hashlib.sha256(f"picture {number}".encode()).hexdigest(),
        "caption": f"Entry {number}",
        "width": 40,
        "height": 30,
        "size": 100,
        "added_at": START,
    }
    made = Screenshot.objects.create(**{**values, **fields})
    content = picture(kind="WEBP")
    for kind in ("image", "thumbnail"):
        ScreenshotData.objects.create(screenshot=made, kind=kind, content=content)
    return _written(made)


def day_note(owner: Trader | None = None, **fields: Any) -> DayNote:
    values: dict[str, Any] = {"day": START.date(), "text": "Waited for the close."}
    return DayNote.objects.create(trader=owner or trader(), **{**values, **fields})


def rate(
    owner: Trader | None = None, base: str = "EUR", quote: str = "USD", value: str = "1.0834", **fields: Any
) -> RateUpload:
    """A rate entered by hand that counts; `owner` None: for everybody. Of today, unless `day` says another."""
    day = fields.pop("day", timezone.now().date())
    values: dict[str, Any] = {"uploaded_at": timezone.now(), "applied_at": timezone.now(), "read_count": 1, "count": 1}
    named = {"source": "hand", "name": f"{base}/{quote}", "first_on": day, "last_on": day}
    upload = RateUpload.objects.create(trader=owner, **{**values, **named, **fields})
    ExchangeRate.objects.create(upload=upload, day=day, base=base, quote=quote, rate=Decimal(value))
    return upload


def feed(account: BrokerAccount | None = None, **fields: Any) -> SyncState:
    """The state of an account's feed after one good sync, which said that nothing is open."""
    now = timezone.now()
    values: dict[str, Any] = {"last_sync_at": now, "last_sent_at": now, "positions_at": now, "total_syncs": 1}
    return SyncState.objects.create(account=account or _account(), **{**values, **fields})


def open_break(account: BrokerAccount | None = None, **fields: Any) -> Break:
    """A position that the book does not have."""
    now = timezone.now()
    values: dict[str, Any] = {
        "type": "unknown_at_book",
        "ticket": str(70_000_000 + next(_numbers)),
        "symbol": "EURUSD",
        "broker": {"side": "buy", "volume": "1.00", "open_price": "1.10000"},
        "opened_at": now,
        "seen_at": now,
        "state_changed_at": now,
    }
    return Break.objects.create(account=account or _account(), **{**values, **fields})


def instrument(symbol: str = "EURUSD", **fields: Any) -> Instrument:
    """The instrument of this symbol with these values; most symbols are there from the start."""
    values: dict[str, Any] = {"kind": "forex", "pip": Decimal("0.0001"), **fields}
    return Instrument.objects.update_or_create(symbol=symbol, defaults=values)[0]


def symbol_mapping(account: BrokerAccount | None = None, **fields: Any) -> SymbolMapping:
    of = fields.pop("instrument", None) or instrument(f"SYM{next(_numbers)}")
    values: dict[str, Any] = {"account": account or _account(), "broker_symbol": f"{of.symbol}.m", "instrument": of}
    return SymbolMapping.objects.create(**{**values, **fields})


def alert(account: BrokerAccount | None = None, **fields: Any) -> Alert:
    """A drawdown that turned critical; its rule is gone."""
    values: dict[str, Any] = {
        "account": account or _account(),
        "rule_id": uuid4(),
        "kind": "drawdown",
        "level": "critical",
        "episode": 1,
        "raised_at": START,
        "sentence": "Drawdown 20.00 %. Critical from 20.00 %.",
        "figures": {"equity": "8000.00", "currency": "USD"},
    }
    return Alert.objects.create(**{**values, **fields})


def close_request(alert: Alert | None = None, **fields: Any) -> CloseRequest:
    of = alert or _alert()
    values: dict[str, Any] = {
        "account": of.account,
        "alert": of,
        "ticket": str(70_000_000 + next(_numbers)),
        "symbol": "XAUUSD",
        "volume_lots": Decimal("0.50"),
        "requested_at": of.raised_at,
        "not_before": of.raised_at + timedelta(seconds=10),
        "expires_at": of.raised_at + timedelta(minutes=10),
    }
    return CloseRequest.objects.create(**{**values, **fields})


def webhook(owner: Trader | None = None, **fields: Any) -> Webhook:
    values: dict[str, Any] = {"trader": owner or trader(), "url": "https://example.com/hook", "secret": "0" * 64}
    return Webhook.objects.create(**{**values, **fields})


def shared_record(account: BrokerAccount | None = None, **fields: Any) -> SharedRecord:
    """A link that hides amounts and sizes and is good for 90 days; nobody has its token."""
    now = fields.pop("created_at", timezone.now())
    values: dict[str, Any] = {
        "account": account or _account(),
        "title": f"Record {next(_numbers)}",
        "token_sha256": hashlib.sha256(uuid4().bytes).hexdigest(),
        "created_at": now,
        "expires_at": now + timedelta(days=90),
    }
    return SharedRecord.objects.create(**{**values, **fields})


def day_digest(account: BrokerAccount | None = None, **fields: Any) -> DayDigest:
    """A link that seals nothing: its digests are random."""
    number = next(_numbers)
    values: dict[str, Any] = {
        "account": account or _account(),
        "position": number,
        "day": START.date(),
        "sealed_at": START + timedelta(days=2),
        "trades": 1,
        **{name: hashlib.sha256(uuid4().bytes).hexdigest() for name in ("rows", "balance", "salt", "prev", "digest")},
    }
    return DayDigest.objects.create(**{**values, **fields})


def _written(row: Row) -> Row:
    """As every write does, raises the revisions of the account, which kept answers go by."""
    BrokerAccount.objects.filter(pk=row.account_id).update(
        revision=F("revision") + 1, history_revision=F("history_revision") + 1
    )
    return row


#: For the functions above whose parameter has the name of another factory.
_account = account
_alert = alert
_trade = trade
