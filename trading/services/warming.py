"""Works out what an account's pages show first, after a write and before anybody asks: a long history takes seconds."""

import logging
from collections import defaultdict
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils import timezone

from accounts.models import BrokerAccount, Trader
from trading.models import Statement
from trading.queries.curves import currency_curve
from trading.queries.data_quality import book_facts
from trading.queries.figures import account_figures, balance_proof, definition_of
from trading.queries.overview import overviews
from trading.queries.recent import period_sums, recent_nets

logger = logging.getLogger(__name__)


def warm(statement_id: UUID) -> None:
    """Puts the answers about the statement's account into the cache. A failure is logged: the pages work without."""
    try:
        statement = Statement.objects.select_related("account__trader").filter(pk=statement_id).first()
        if statement is not None and statement.account is not None:
            _warm_account(statement.account, ZoneInfo(statement.account.trader.time_zone))
            _warm_dashboard(statement.account.trader)
    except Exception:
        logger.exception(
            "The pages after statement %s could not be prepared; they are computed when asked.", statement_id
        )


def _warm_account(account: BrokerAccount, zone: ZoneInfo) -> None:
    account_figures(account, definition_of(account))
    balance_proof(account, zone)
    book_facts([account], zone)


def _warm_dashboard(trader: Trader) -> None:
    now, zone = timezone.now(), ZoneInfo(trader.time_zone)
    accounts = list(BrokerAccount.objects.for_trader(trader).active().order_by("id"))
    overviews(accounts)
    period_sums(accounts, now, zone)
    recent_nets(accounts, now, zone)
    by_currency: dict[str, list[BrokerAccount]] = defaultdict(list)
    for account in accounts:
        by_currency[account.currency].append(account)
    for together in by_currency.values():
        currency_curve(together, zone)
