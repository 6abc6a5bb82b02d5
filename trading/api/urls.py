"""The JSON API of the history, version 1."""

from django.urls import path

from trading.api import (
    breakdown,
    cash_flows,
    docs,
    exchange_rates,
    executions,
    exports,
    figure_sets,
    figures,
    guard_urls,
    health,
    journal,
    positions,
    reconciliation_urls,
    screenshots,
    sharing,
    statements,
    sync,
    trades,
)

_SCREENSHOT = "trades/<uuid:trade_id>/screenshots/<uuid:screenshot_id>"
urlpatterns = [
    path("health/", health.HealthView.as_view(), name="api_health"),
    path("ready/", health.ReadyView.as_view(), name="api_ready"),
    path("trading/health/", health.TradingHealthView.as_view(), name="api_trading_health"),
    path("schema/", docs.SchemaView.as_view(), name="api_schema"),
    path("docs/", docs.DocsView.as_view(), name="api_docs"),
    path("figures/", figure_sets.FiguresView.as_view(), name="api_figures"),
    path("accounts/<uuid:account_id>/summary/", figures.SummaryView.as_view(), name="api_summary"),
    path("accounts/<uuid:account_id>/balance-proof/", figures.BalanceProofView.as_view(), name="api_balance_proof"),
    path("accounts/<uuid:account_id>/equity-curve/", figures.EquityCurveView.as_view(), name="api_equity_curve"),
    path("accounts/<uuid:account_id>/breakdown/", breakdown.BreakdownView.as_view(), name="api_breakdown"),
    path("accounts/<uuid:account_id>/export/", exports.AccountExport.as_view(), name="api_account_export"),
    path("accounts/<uuid:account_id>/shares/", sharing.SharesView.as_view(), name="api_shares"),
    path("accounts/<uuid:account_id>/shares/<uuid:shared_record_id>/", sharing.ShareView.as_view(), name="api_share"),
    path("accounts/<uuid:account_id>/digests/", sharing.DigestsView.as_view(), name="api_digests"),
    path("trades/", trades.TradesView.as_view(), name="api_trades"),
    path("trades/<uuid:trade_id>/", trades.TradeView.as_view(), name="api_trade"),
    path("trades/<uuid:trade_id>/screenshots/", screenshots.ScreenshotsView.as_view(), name="api_screenshots"),
    path(f"{_SCREENSHOT}/", screenshots.ScreenshotView.as_view(), name="api_screenshot"),
    path(f"{_SCREENSHOT}/image/", screenshots.ImageView.as_view(), name="api_screenshot_image"),
    path(f"{_SCREENSHOT}/thumbnail/", screenshots.ThumbnailView.as_view(), name="api_screenshot_thumbnail"),
    path("journal/", journal.JournalView.as_view(), name="api_journal"),
    path("journal/<str:day>/", journal.JournalDayView.as_view(), name="api_journal_day"),
    path("executions/", executions.ExecutionsView.as_view(), name="api_executions"),
    path("cash-flows/", cash_flows.CashFlowsView.as_view(), name="api_cash_flows"),
    path("positions/", positions.PositionsView.as_view(), name="api_positions"),
    path("positions/open/", positions.OpenPositionsView.as_view(), name="api_positions_open"),
    path("positions/<uuid:position_id>/", positions.PositionView.as_view(), name="api_position"),
    path("rates/", exchange_rates.RatesView.as_view(), name="api_rates"),
    path("rates/uploads/", exchange_rates.RateUploadsView.as_view(), name="api_rate_uploads"),
    path("rates/uploads/<uuid:upload_id>/", exchange_rates.RateUploadView.as_view(), name="api_rate_upload"),
    path("rates/uploads/<uuid:upload_id>/apply/", exchange_rates.RateUploadApplyView.as_view(), name="api_rate_apply"),
    path("converted/", exchange_rates.ConvertedView.as_view(), name="api_converted"),
    path("sync/", sync.SyncView.as_view(), name="api_sync"),
    path("statements/", statements.StatementsView.as_view(), name="api_statements"),
    path("statements/<uuid:statement_id>/", statements.StatementView.as_view(), name="api_statement"),
    path(
        "statements/<uuid:statement_id>/account/",
        statements.StatementAccountView.as_view(),
        name="api_statement_account",
    ),
    path(
        "statements/<uuid:statement_id>/commit/", statements.StatementCommitView.as_view(), name="api_statement_commit"
    ),
    path(
        "statements/<uuid:statement_id>/discard/",
        statements.StatementDiscardView.as_view(),
        name="api_statement_discard",
    ),
    path("statements/<uuid:statement_id>/undo/", statements.StatementUndoView.as_view(), name="api_statement_undo"),
    path(
        "statements/<uuid:statement_id>/reread/", statements.StatementRereadView.as_view(), name="api_statement_reread"
    ),
    *(path(f"exports/{address}", view, name=name) for address, name, view in exports.ADDRESSES),
    *guard_urls.urlpatterns,
    *reconciliation_urls.urlpatterns,
]
