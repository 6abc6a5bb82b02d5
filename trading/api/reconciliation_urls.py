"""The part of the API that compares: status, log and breaks."""

from django.urls import path

from trading.api import reconciliation

_BREAK = "reconciliation/breaks/<uuid:break_id>/"

urlpatterns = [
    path("reconciliation/status/", reconciliation.StatusView.as_view(), name="api_reconciliation_status"),
    path("reconciliation/logs/", reconciliation.LogsView.as_view(), name="api_reconciliation_logs"),
    path("reconciliation/breaks/", reconciliation.BreaksView.as_view(), name="api_breaks"),
    path(_BREAK, reconciliation.BreakView.as_view(), name="api_break"),
    path(f"{_BREAK}acknowledge/", reconciliation.BreakAcknowledgeView.as_view(), name="api_break_acknowledge"),
    path(f"{_BREAK}resolve/", reconciliation.BreakResolveView.as_view(), name="api_break_resolve"),
    path(f"{_BREAK}ignore/", reconciliation.BreakIgnoreView.as_view(), name="api_break_ignore"),
    path(f"{_BREAK}accept/", reconciliation.BreakAcceptView.as_view(), name="api_break_accept"),
]
