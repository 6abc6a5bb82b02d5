"""The part of the API that watches: guards, alerts, close requests, webhooks."""

from django.urls import path

from trading.api import alerts, close_requests, guards, webhooks

urlpatterns = [
    path("guards/status/", guards.GuardsStatusView.as_view(), name="api_guards_status"),
    path("guards/presets/", guards.GuardPresetsView.as_view(), name="api_guard_presets"),
    path("accounts/<uuid:account_id>/guards/", guards.AccountGuardsView.as_view(), name="api_account_guards"),
    path("alerts/", alerts.AlertsView.as_view(), name="api_alerts"),
    path("alerts/<uuid:alert_id>/", alerts.AlertView.as_view(), name="api_alert"),
    path("close-requests/", close_requests.CloseRequestsView.as_view(), name="api_close_requests"),
    path("close-requests/<uuid:request_id>/", close_requests.CloseRequestView.as_view(), name="api_close_request"),
    path(
        "close-requests/<uuid:request_id>/ack/",
        close_requests.CloseRequestAckView.as_view(),
        name="api_close_request_ack",
    ),
    path("webhooks/", webhooks.WebhooksView.as_view(), name="api_webhooks"),
    path("webhooks/<uuid:webhook_id>/", webhooks.WebhookView.as_view(), name="api_webhook"),
    path("webhooks/<uuid:webhook_id>/test/", webhooks.WebhookTestView.as_view(), name="api_webhook_test"),
    path(
        "webhooks/<uuid:webhook_id>/deliveries/",
        webhooks.WebhookDeliveriesView.as_view(),
        name="api_webhook_deliveries",
    ),
]
