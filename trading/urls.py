"""Pages of the history."""

from django.urls import path

from trading.models import ScreenshotKind
from trading.tabular import FORMATS
from trading.views import (
    accounts,
    alerts,
    analysis,
    balance_proof,
    calendar,
    cash_flows,
    compare,
    dashboard,
    figures,
    guard_replay,
    guards,
    journal,
    monte_carlo,
    monthly_report,
    positions,
    reconciliation,
    screenshots,
    statements,
    trade_columns,
    trades,
    webhooks,
)

_SCREENSHOT = "trades/<uuid:trade_id>/screenshots/<uuid:screenshot_id>"
urlpatterns = [
    path("", dashboard.dashboard, name="dashboard"),
    path("dashboard/curve/", dashboard.dashboard_curve, name="dashboard_curve"),
    path("accounts/", accounts.account_list, name="account_list"),
    path("accounts/<uuid:account_id>/", accounts.account_detail, name="account_detail"),
    path("accounts/<uuid:account_id>/export.jsonl", accounts.account_export, name="account_export"),
    path("accounts/<uuid:account_id>/figures/", figures.account_figures, name="account_figures"),
    path("analysis/", analysis.analysis, name="analysis"),
    path("analysis/compare/", compare.compare, name="analysis_compare"),
    path("figures/", figures.figure_list, name="figure_list"),
    path("figures/monte-carlo/", monte_carlo.monte_carlo, name="monte_carlo"),
    path("figures/<slug:key>/", figures.figure_detail, name="figure_detail"),
    path("trades/", trades.trade_list, name="trade_list"),
    path("trades/csv/", trades.trade_export, name="trade_csv"),
    *(path(f"trades/export.{end}", trades.trade_export, {"ending": end}, f"trade_export_{end}") for end in FORMATS),
    path("trades/columns/", trade_columns.trade_columns, name="trade_columns"),
    path("trades/<uuid:trade_id>/", trades.trade_detail, name="trade_detail"),
    path("trades/<uuid:trade_id>/screenshots/", screenshots.screenshot_add, name="screenshot_add"),
    path(f"{_SCREENSHOT}/", screenshots.screenshot_image, name="screenshot_image"),
    path(
        f"{_SCREENSHOT}/thumbnail/",
        screenshots.screenshot_image,
        {"kind": ScreenshotKind.THUMBNAIL},
        name="screenshot_thumbnail",
    ),
    path(f"{_SCREENSHOT}/caption/", screenshots.screenshot_caption, name="screenshot_caption"),
    path(f"{_SCREENSHOT}/delete/", screenshots.screenshot_delete, name="screenshot_delete"),
    path(f"{_SCREENSHOT}/restore/", screenshots.screenshot_restore, name="screenshot_restore"),
    path("calendar/", calendar.calendar, name="calendar"),
    path("journal/", journal.journal_list, name="journal_list"),
    path("journal/day/", journal.journal_day, name="journal_day"),
    path("reports/monthly/", monthly_report.monthly_report, name="monthly_report"),
    path("positions/", positions.position_list, name="position_list"),
    path("cash-flows/", cash_flows.cash_flow_list, name="cash_flow_list"),
    *(
        path(f"cash-flows/export.{end}", cash_flows.cash_flow_export, {"ending": end}, f"cash_flow_export_{end}")
        for end in FORMATS
    ),
    path("accounts/<uuid:account_id>/balance-proof/", balance_proof.balance_proof, name="balance_proof"),
    path("reconciliation/", reconciliation.reconciliation, name="reconciliation"),
    path("reconciliation/log/", reconciliation.reconciliation_log, name="reconciliation_log"),
    path(
        "reconciliation/<uuid:account_id>/tolerances/", reconciliation.reconciliation_rules, name="reconciliation_rules"
    ),
    path(
        "reconciliation/<uuid:account_id>/compare/",
        reconciliation.reconciliation_compare,
        name="reconciliation_compare",
    ),
    path("breaks/<uuid:break_id>/acknowledge/", reconciliation.break_acknowledge, name="break_acknowledge"),
    path("breaks/<uuid:break_id>/resolve/", reconciliation.break_resolve, name="break_resolve"),
    path("breaks/<uuid:break_id>/ignore/", reconciliation.break_ignore, name="break_ignore"),
    path("breaks/<uuid:break_id>/accept/", reconciliation.break_accept, name="break_accept"),
    path("guards/", guards.guard_list, name="guard_list"),
    path("accounts/<uuid:account_id>/guards/", guards.guard_edit, name="guard_edit"),
    path("accounts/<uuid:account_id>/guards/preset/", guards.guard_preset, name="guard_preset"),
    path("accounts/<uuid:account_id>/guards/auto-close/", guards.guard_auto_close, name="guard_auto_close"),
    path("accounts/<uuid:account_id>/guards/replay/", guard_replay.guard_replay, name="guard_replay"),
    path(
        "accounts/<uuid:account_id>/guards/replay/points/", guard_replay.guard_replay_points, name="guard_replay_points"
    ),
    path("alerts/", alerts.alert_list, name="alert_list"),
    path("close-requests/", alerts.close_request_list, name="close_request_list"),
    path("webhooks/", webhooks.webhook_list, name="webhook_list"),
    path("webhooks/<uuid:webhook_id>/switch/", webhooks.webhook_switch, name="webhook_switch"),
    path("webhooks/<uuid:webhook_id>/test/", webhooks.webhook_test, name="webhook_test"),
    path("webhooks/<uuid:webhook_id>/delete/", webhooks.webhook_delete, name="webhook_delete"),
    path("statements/", statements.statement_list, name="statement_list"),
    path("statements/new/", statements.statement_upload, name="statement_upload"),
    path("statements/<uuid:statement_id>/", statements.statement_detail, name="statement_detail"),
    path("statements/<uuid:statement_id>/progress/", statements.statement_progress, name="statement_progress"),
    path("statements/<uuid:statement_id>/account/", statements.statement_account, name="statement_account"),
    path("statements/<uuid:statement_id>/commit/", statements.statement_commit, name="statement_commit"),
    path("statements/<uuid:statement_id>/discard/", statements.statement_discard, name="statement_discard"),
    path("statements/<uuid:statement_id>/undo/", statements.statement_undo, name="statement_undo"),
    path("statements/<uuid:statement_id>/reread/", statements.statement_reread, name="statement_reread"),
    path("statements/<uuid:statement_id>/file/", statements.statement_file, name="statement_file"),
]
