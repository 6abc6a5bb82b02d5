"""Pages of the history."""

from django.urls import path

from trading.views import dashboard

urlpatterns = [path("", dashboard.dashboard, name="dashboard")]
