"""Every constraint refuses the lie that it is there for, even to SQL typed by hand."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from accounts.models import ApiKey, BrokerAccount
from accounts.services.sign_in import start_sign_in
from tests import make
from trading.models import (
    Delivery,
    ExchangeRate,
    GuardRule,
    Quote,
    ScreenshotData,
    State,
    StatementCorrection,
    StatementFile,
    StatementFileChunk,
    SyncReceipt,
)

pytestmark = pytest.mark.django_db

ZERO = Decimal(0)


def set_on(made: models.Model, **values: Any) -> None:
    """Updates past every check that Python makes."""
    type(made)._base_manager.filter(pk=made.pk).update(**values)


def _twin_trade() -> None:
    made = make.trade()
    make.trade(made.account, ticket=made.ticket)


def _twin_execution() -> None:
    made = make.execution()
    make.execution(made.account, deal_id=made.deal_id)


def _twin_cash_flow() -> None:
    made = make.cash_flow()
    make.cash_flow(made.account, reference=made.reference)


def _twin_position() -> None:
    made = make.position()
    make.position(made.account, ticket=made.ticket)


def _twin_snapshot() -> None:
    made = make.snapshot()
    make.snapshot(made.account, taken_at=made.taken_at)


def _twin_account() -> None:
    made = make.account()
    make.account(made.trader, platform=made.platform, server=made.server, number=made.number)


def _twin_trader() -> None:
    make.trader("ann@example.com")
    make.trader("Ann@example.com")


def _end_without_a_reason() -> None:
    set_on(start_sign_in(make.trader(), timezone.now()), ended_at=timezone.now())


def _twin_file() -> None:
    made = make.statement_file()
    StatementFile.objects.create(trader=made.trader, sha256=made.sha256, size=1)


def _twin_chunk() -> None:
    StatementFileChunk.objects.create(file=make.statement_file(), number=0, data=b"other")


def _twin_tag() -> None:
    owner = make.trader()
    make.tag(owner, "Breakout")
    make.tag(owner, "breakout")


def _twin_rate() -> None:
    made = make.rate().rates.get()
    ExchangeRate.objects.create(upload=made.upload, day=made.day, base=made.base, quote=made.quote, rate=Decimal(2))


def _twin_journal_entry() -> None:
    made = make.trade()
    make.journal_entry(made)
    make.journal_entry(made)


def _twin_day_note() -> None:
    made = make.day_note()
    make.day_note(made.trader, day=made.day)


def _twin_screenshot() -> None:
    made = make.screenshot()
    make.screenshot(make.trade(made.account), ticket=made.ticket, sha256=made.sha256)


def _twin_screenshot_data() -> None:
    ScreenshotData.objects.create(screenshot=make.screenshot(), kind="image", content=b"other")


def _twin_mapping() -> None:
    made = make.symbol_mapping()
    make.symbol_mapping(made.account, broker_symbol=made.broker_symbol)


def _twin_correction() -> None:
    trade = make.trade()
    statement = make.statement(account=trade.account)
    for _ in range(2):
        StatementCorrection.objects.create(
            statement=statement, table="trade", row_id=trade.pk, action="corrected", before={}
        )


def _correction_of_an_unknown_table() -> None:
    trade = make.trade()
    statement = make.statement(account=trade.account)
    StatementCorrection.objects.create(statement=statement, table="tarde", row_id=trade.pk, action="removed", before={})


def _key(**fields: Any) -> None:
    values = {"name": "Bridge", "prefix": "abcd1234", "secret_sha256": "0" * 64, "scopes": ["read"]}
    ApiKey.objects.create(trader=make.trader(), expires_at=timezone.now(), **{**values, **fields})


def _rule(account: BrokerAccount | None = None, **fields: Any) -> None:
    values = {"account": account or make.account(), "kind": "drawdown", "critical": Decimal("0.2")}
    GuardRule.objects.create(**{**values, **fields})


def _twin_rule() -> None:
    account = make.account()
    _rule(account)
    _rule(account)


def _quote(account: BrokerAccount | None = None, bid: str = "1.1000") -> None:
    owner = account or make.account()
    Quote.objects.create(
        account=owner, symbol="EURUSD", bid=Decimal(bid), ask=Decimal("1.1002"), quoted_at=timezone.now()
    )


def _twin_quote() -> None:
    account = make.account()
    _quote(account)
    _quote(account)


def _twin_receipt() -> None:
    owner = make.trader()
    for _ in range(2):
        SyncReceipt.objects.create(trader=owner, key="k", request_sha256="0" * 64, answer={}, created_at=timezone.now())


def _twin_break() -> None:
    made = make.open_break()
    make.open_break(made.account, ticket=made.ticket)


def _twin_alert() -> None:
    made = make.alert()
    make.alert(made.account, rule_id=made.rule_id)


def _twin_close_request() -> None:
    made = make.close_request()
    make.close_request(made.alert, ticket=made.ticket)


def _twin_delivery(channel: str) -> None:
    alert = make.alert()
    hook = make.webhook(alert.account.trader) if channel == "webhook" else None
    for _ in range(2):
        Delivery.objects.create(
            trader=alert.account.trader, alert=alert, channel=channel, webhook=hook, created_at=timezone.now()
        )


def _delivery_of_nothing() -> None:
    Delivery.objects.create(trader=make.trader(), channel="email", created_at=timezone.now())


def _twin_digest(**shared: Any) -> None:
    made = make.day_digest(**shared)
    make.day_digest(made.account, **shared)


#: The name of a constraint and an act that it must refuse.
LIES: list[tuple[str, Callable[[], object]]] = [
    ("trade_ticket_unique_in_account", _twin_trade),
    ("trade_side_is_known", lambda: set_on(make.trade(), side="up")),
    ("trade_source_is_known", lambda: set_on(make.trade(), source="rumour")),
    ("trade_ticket_given", lambda: set_on(make.trade(), ticket="")),
    ("trade_volume_positive", lambda: set_on(make.trade(), volume_lots=ZERO, closed_volume_lots=ZERO)),
    ("trade_closed_volume_within_volume", lambda: set_on(make.open_trade(), closed_volume_lots=Decimal(-1))),
    ("trade_open_or_fully_closed", lambda: set_on(make.trade(), close_price=None)),
    ("trade_open_or_fully_closed", lambda: set_on(make.trade(), closed_at=None)),
    ("trade_open_or_fully_closed", lambda: set_on(make.trade(), closed_volume_lots=Decimal("0.5"))),
    ("trade_open_or_fully_closed", lambda: set_on(make.trade(), closed_at=make.START - timedelta(days=9_000))),
    ("trade_open_or_fully_closed", lambda: set_on(make.open_trade(), closed_volume_lots=models.F("volume_lots"))),
    ("execution_deal_unique_in_account", _twin_execution),
    ("execution_side_is_known", lambda: set_on(make.execution(), side="up")),
    ("execution_direction_is_known", lambda: set_on(make.execution(), direction="round")),
    ("execution_source_is_known", lambda: set_on(make.execution(), source="rumour")),
    ("execution_deal_given", lambda: set_on(make.execution(), deal_id="")),
    ("execution_volume_positive", lambda: set_on(make.execution(), volume_lots=ZERO)),
    ("cash_flow_reference_unique_in_account", _twin_cash_flow),
    ("cash_flow_kind_is_known", lambda: set_on(make.cash_flow(), kind="gift")),
    ("cash_flow_source_is_known", lambda: set_on(make.cash_flow(), source="rumour")),
    ("cash_flow_reference_given", lambda: set_on(make.cash_flow(), reference="")),
    ("position_ticket_unique_in_account", _twin_position),
    ("position_side_is_known", lambda: set_on(make.position(), side="up")),
    ("position_source_is_known", lambda: set_on(make.position(), source="rumour")),
    ("position_volume_positive", lambda: set_on(make.position(), volume_lots=ZERO)),
    ("snapshot_unique_in_account", _twin_snapshot),
    ("snapshot_source_is_known", lambda: set_on(make.snapshot(), source="rumour")),
    ("statement_file_kept_once_per_trader", _twin_file),
    ("statement_file_sha256_is_hex", lambda: set_on(make.statement_file(), sha256="z" * 64)),
    ("statement_file_chunk_in_order", _twin_chunk),
    ("statement_state_is_known", lambda: set_on(make.statement(), state="lost")),
    ("statement_origin_is_known", lambda: set_on(make.statement(), origin="post")),
    ("statement_progress_at_most_100", lambda: set_on(make.statement(), progress_percent=101)),
    ("statement_refusal_says_why", lambda: set_on(make.statement(), state=State.REFUSED)),
    ("statement_refusal_says_why", lambda: set_on(make.statement(), state=State.FAILED)),
    ("statement_committed_has_time", lambda: set_on(make.statement(), state=State.COMMITTED)),
    ("correction_once_per_row", _twin_correction),
    ("correction_table_is_known", _correction_of_an_unknown_table),
    ("instrument_pip_positive", lambda: set_on(make.instrument(), pip=ZERO)),
    ("symbol_mapping_unique_in_account", _twin_mapping),
    ("tag_name_unique_per_trader", _twin_tag),
    ("tag_name_given", lambda: set_on(make.tag(), name="")),
    ("rate_upload_source_is_known", lambda: set_on(make.rate(), source="talk")),
    ("rate_upload_days_in_order", lambda: set_on(make.rate(), last_on=date(1999, 1, 1))),
    ("rate_upload_keeps_what_it_read", lambda: set_on(make.rate(), count=2)),
    ("exchange_rate_once_in_an_upload", _twin_rate),
    ("exchange_rate_positive", lambda: set_on(make.rate().rates.get(), rate=ZERO)),
    ("exchange_rate_between_two", lambda: set_on(make.rate().rates.get(), quote="EUR")),
    ("journal_entry_one_per_trade", _twin_journal_entry),
    ("journal_entry_rating_from_1_to_5", lambda: set_on(make.journal_entry(), rating=6)),
    ("day_note_one_per_day", _twin_day_note),
    ("day_note_says_something", lambda: set_on(make.day_note(), text="")),
    ("shared_record_token_is_hashed", lambda: set_on(make.shared_record(), token_sha256="the token itself")),
    ("shared_record_has_a_title", lambda: set_on(make.shared_record(), title="")),
    ("shared_record_hides_size_with_amounts", lambda: set_on(make.shared_record(), hides_size=False)),
    ("shared_record_expires_within_a_year", lambda: set_on(make.shared_record(), expires_at=make.START)),
    (
        "shared_record_expires_within_a_year",
        lambda: set_on(make.shared_record(), expires_at=timezone.now() + timedelta(days=367)),
    ),
    ("day_digest_position_unique_in_account", lambda: _twin_digest(position=1)),
    ("day_digest_never_forks", lambda: _twin_digest(prev="0" * 64)),
    ("day_digest_counts_from_one", lambda: make.day_digest(position=0)),
    ("day_digest_is_hex", lambda: make.day_digest(digest="not a digest")),
    ("screenshot_once_per_trade", _twin_screenshot),
    ("screenshot_sha256_is_hex", lambda: set_on(make.screenshot(), sha256="the file itself")),
    ("screenshot_ticket_given", lambda: set_on(make.screenshot(), ticket="")),
    ("screenshot_has_a_size", lambda: set_on(make.screenshot(), width=0)),
    ("screenshot_data_once_per_kind", _twin_screenshot_data),
    (
        "screenshot_data_kind_is_known",
        lambda: ScreenshotData.objects.create(screenshot=make.screenshot(), kind="poster", content=b""),
    ),
    ("account_unique_per_trader_and_server", _twin_account),
    ("account_platform_is_known", lambda: set_on(make.account(), platform="mt6")),
    ("account_margin_mode_is_known", lambda: set_on(make.account(), margin_mode="maybe")),
    ("account_phase_is_known", lambda: set_on(make.account(), phase="late")),
    ("account_leverage_positive", lambda: set_on(make.account(), leverage=0)),
    ("account_number_given", lambda: set_on(make.account(), number="")),
    ("trader_email_unique_in_any_case", _twin_trader),
    ("sign_in_end_has_a_reason", _end_without_a_reason),
    ("api_key_secret_is_hashed", lambda: _key(secret_sha256="the secret itself")),
    ("api_key_has_a_scope", lambda: _key(scopes=[])),
    ("quote_unique_in_account", _twin_quote),
    ("quote_bid_not_above_ask", lambda: _quote(bid="1.1003")),
    ("quote_bid_not_above_ask", lambda: _quote(bid="0")),
    ("sync_receipt_unique_per_trader", _twin_receipt),
    ("break_one_unresolved_of_a_kind", _twin_break),
    ("break_type_is_known", lambda: set_on(make.open_break(), type="hunch")),
    ("guard_rule_unique_in_account", _twin_rule),
    ("guard_rule_kind_is_known", lambda: _rule(kind="hunch")),
    ("guard_rule_critical_positive", lambda: _rule(critical=ZERO)),
    ("alert_level_alerts", lambda: make.alert(level="normal")),
    ("alert_once_per_episode", _twin_alert),
    ("close_request_once_per_alert_and_position", _twin_close_request),
    ("delivery_is_of_an_alert_or_tests_a_webhook", _delivery_of_nothing),
    ("delivery_once_per_channel", lambda: _twin_delivery("email")),
    ("delivery_once_per_channel", lambda: _twin_delivery("webhook")),
]


@pytest.mark.parametrize(("constraint", "lie"), LIES, ids=[f"{name}-{number}" for number, (name, _) in enumerate(LIES)])
def test_refuses_the_lie(constraint: str, lie: Callable[[], object]) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        lie()


def test_every_constraint_has_its_lie() -> None:
    named = {
        constraint.name
        for app in ("accounts", "trading")
        for model in apps.get_app_config(app).get_models()
        for constraint in model._meta.constraints
    }
    assert named - {name for name, _ in LIES} == set()
