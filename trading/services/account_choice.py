"""Which account a statement belongs to: found by what the file says, chosen by its trader, or made."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.models import BrokerAccount, MarginMode, Platform, Trader
from accounts.zones import zone_names
from trading.errors import AccountNotFound, StatementRefused, TradingError
from trading.models import Statement
from trading.statements.clock import guess_time_zone
from trading.statements.rows import AccountHeader


@dataclass(frozen=True, slots=True)
class Choice:
    """`account` is None where one has to be made; `time_zone` is that of the broker's server."""

    account: BrokerAccount | None
    time_zone: str
    zone_is_guessed: bool


def choose(statement: Statement, header: AccountHeader) -> Choice:
    """The account that the trader chose or that the file names, else the zone that a new account would get.

    Errors: StatementRefused (wrong_account, wrong_platform, wrong_currency, time_zone_differs).
    """
    account = statement.account or find_account(statement.trader, header)
    if account is None:
        given = "" if statement.zone_is_guessed else statement.server_time_zone
        said = given or (header.time_zone if header.time_zone in zone_names() else "")
        return Choice(None, said or guess_time_zone(header.server, header.broker), not said)
    _check_matches(account, header)
    if statement.account is None and statement.server_time_zone and not statement.zone_is_guessed:
        _check_same_zone(account, statement.server_time_zone)
    return Choice(account, account.server_time_zone, False)


def find_account(trader: Trader, header: AccountHeader) -> BrokerAccount | None:
    """The trader's own account of this platform, number and server; without a server, of number and currency.

    An account that was made by hand may not name its server yet: it is found when it is the only one.
    """
    if not header.number:
        return None
    accounts = list(
        BrokerAccount.objects.for_trader(trader).filter(platform=header.platform, number=header.number)[:10]
    )
    if header.server:
        same = [account for account in accounts if account.server.lower() == header.server.lower()]
        same = same or [account for account in accounts if not account.server]
    else:
        same = [account for account in accounts if not header.currency or account.currency == header.currency]
    return same[0] if len(same) == 1 else None


def make_account(statement: Statement, header: AccountHeader, time_zone: str) -> BrokerAccount:
    """The account that the file describes, with what the trader said about it. Errors: TradingError if refused."""
    said: dict[str, Any] = statement.header.get("new_account") or {}
    is_demo = said.get("is_demo")
    if said.get("currency") and header.currency and said["currency"] != header.currency:
        raise StatementRefused(
            _("This file is in %(currency)s, so its account can't be kept in %(other)s.")
            % {"currency": header.currency, "other": said["currency"]},
            code="wrong_currency",
        )
    if header.platform not in Platform.values:
        raise StatementRefused(
            _("This file is of a platform “%(platform)s”, which TradePortal does not know.")
            % {"platform": header.platform},
            code="wrong_platform",
        )
    account = BrokerAccount(
        trader=statement.trader,
        label=said.get("label") or _label(header),
        platform=header.platform,
        broker=header.broker[:120],
        server=header.server[:120],
        number=header.number,
        currency=said.get("currency") or header.currency or statement.trader.display_currency,
        margin_mode=header.margin_mode if header.margin_mode in MarginMode.values else MarginMode.HEDGING,
        leverage=header.leverage,
        server_time_zone=time_zone,
        is_demo=header.kind == "demo" if is_demo is None else is_demo,
    )
    _check_is_new(account)
    try:
        account.full_clean(exclude=["trader"])
    except ValidationError as error:
        raise TradingError(" ".join(error.messages), code="account_refused") from error
    account.save(force_insert=True)
    return account


def check_belongs_to(trader: Trader, account: BrokerAccount) -> None:
    if account.trader_id != trader.pk:
        raise AccountNotFound


def check_zone(time_zone: str) -> None:
    """Errors: TradingError (time_zone_unknown). Blank is fine: it asks for the guess."""
    if time_zone and time_zone not in zone_names():
        raise TradingError(
            _("“%(zone)s” is not an IANA time zone. Use a name such as Europe/Athens.") % {"zone": time_zone},
            code="time_zone_unknown",
        )


def _check_is_new(account: BrokerAccount) -> None:
    """Errors: StatementRefused for an account that can't be told from one that the trader has already."""
    twin = BrokerAccount.objects.filter(
        trader=account.trader, platform=account.platform, server=account.server, number=account.number
    ).first()
    if twin:
        raise StatementRefused(
            _(
                "You have an account %(number)s already, “%(name)s”, but in %(currency)s where this file is in %(other)s. "
                "Name the server of that account first, or choose it for this file."
            )
            % {"number": twin.number, "name": twin.label, "currency": twin.currency, "other": account.currency},
            code="account_differs",
        )


def _label(header: AccountHeader) -> str:
    place = header.server or header.broker or dict(Platform.choices)[header.platform]
    return f"{place} {header.number}"[:80]


def _check_matches(account: BrokerAccount, header: AccountHeader) -> None:
    if account.platform != header.platform:
        raise StatementRefused(
            _("This is a statement of %(platform)s, but “%(name)s” is an account of %(other)s. Choose another account.")
            % {
                "platform": Platform(header.platform).label,
                "name": account.label,
                "other": account.get_platform_display(),
            },
            code="wrong_platform",
        )
    if header.number and account.number != header.number:
        raise StatementRefused(
            _(
                "This file is of account %(number)s, but “%(name)s” has the number %(other)s. "
                "Choose another account, or let the file choose."
            )
            % {"number": header.number, "name": account.label, "other": account.number},
            code="wrong_account",
        )
    if header.currency and account.currency != header.currency:
        raise StatementRefused(
            _(
                "This file is in %(currency)s, but “%(name)s” is kept in %(other)s, and amounts are never converted. "
                "Choose another account, or change the currency of an account without a history."
            )
            % {"currency": header.currency, "name": account.label, "other": account.currency},
            code="wrong_currency",
        )


def _check_same_zone(account: BrokerAccount, time_zone: str) -> None:
    if time_zone != account.server_time_zone:
        raise StatementRefused(
            _(
                "“%(name)s” keeps its server times in %(own)s, not in %(zone)s. "
                "Leave the time zone out, or change it in the account first."
            )
            % {"name": account.label, "own": account.server_time_zone, "zone": time_zone},
            code="time_zone_differs",
        )
