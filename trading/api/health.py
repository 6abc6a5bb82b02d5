"""Is it up, is it ready? For load balancers, orchestrators and people in a hurry."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from drf_spectacular.utils import extend_schema, inline_serializer
from procrastinate.contrib.django.models import ProcrastinateWorker
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.authentication import TokenAuthentication
from accounts.cache import answers
from tradeportal.rest.schemas import Error

#: A worker writes its heartbeat every few seconds; this long without one, and it is taken for dead.
WORKER_SILENT_AFTER = timedelta(seconds=60)
OK = "ok"


class PublicView(APIView):
    """Asks nobody who they are, so that it needs no dependency; probes are not counted."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = ()


Health = inline_serializer(
    "Health",
    {
        "status": serializers.CharField(help_text="healthy"),
        "version": serializers.CharField(),
        "time": serializers.DateTimeField(),
    },
)
TradingHealth = inline_serializer(
    "TradingHealth",
    {
        "status": serializers.CharField(help_text="healthy"),
        "timestamp": serializers.DateTimeField(),
        "service": serializers.CharField(),
    },
)
Ready = inline_serializer(
    "Ready",
    {
        "status": serializers.CharField(help_text="ready or not_ready"),
        "checks": serializers.DictField(child=serializers.CharField(), help_text="ok or failed; for staff the reason."),
    },
)


class HealthView(PublicView):
    @extend_schema(
        operation_id="health",
        summary="The process answers",
        tags=["health"],
        auth=[],
        responses={200: Health, 500: Error},
    )
    def get(self, request: Request) -> Response:
        return Response({"status": "healthy", "version": settings.VERSION, "time": datetime.now(UTC)}, headers=_FRESH)


class TradingHealthView(PublicView):
    @extend_schema(
        operation_id="trading_health",
        summary="The trading service answers",
        tags=["health"],
        auth=[],
        responses={200: TradingHealth, 500: Error},
    )
    def get(self, request: Request) -> Response:
        answer = {"status": "healthy", "timestamp": datetime.now(UTC), "service": "trading"}
        return Response(answer, headers=_FRESH)


class ReadyView(PublicView):
    @extend_schema(
        operation_id="ready",
        summary="The process and everything it needs can do its work",
        tags=["health"],
        auth=[],
        responses={200: Ready, 503: Ready, 500: Error},
    )
    def get(self, request: Request) -> Response:
        found = readiness()
        is_ready = all(reason == OK for reason in found.values())
        if not (is_ready or _is_staff(request)):
            found = {name: reason if reason == OK else "failed" for name, reason in found.items()}
        answer = {"status": "ready" if is_ready else "not_ready", "checks": found}
        return Response(answer, status=200 if is_ready else 503, headers=_FRESH)


_FRESH = {"Cache-Control": "no-store"}


def readiness() -> dict[str, str]:
    """Each dependency by its name: "ok", or what is wrong with it."""
    checks = {"database": _database, "cache": _cache, "migrations": _migrations, "worker": _worker}
    return {name: _outcome(check) for name, check in checks.items()}


def _outcome(check: Callable[[], str]) -> str:
    try:
        return check()
    except Exception as error:  # noqa: BLE001 - whatever is wrong with a dependency is the answer here
        return f"{type(error).__name__}: {error}".splitlines()[0][:300]


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return OK


def _cache() -> str:
    return OK if answers() else "does not answer"


def _migrations() -> str:
    applied = MigrationRecorder(connection).applied_migrations()
    waiting = [f"{app}.{name}" for app, name in _newest_migrations() if (app, name) not in applied]
    return f"not applied: {', '.join(waiting)}" if waiting else OK


@cache
def _newest_migrations() -> list[tuple[str, str]]:
    """The last migration of each app in this code; read once, since reading them costs more than the rest of a probe."""
    return list(MigrationLoader(connection).graph.leaf_nodes())


def _worker() -> str:
    last = ProcrastinateWorker.objects.order_by("-last_heartbeat").values_list("last_heartbeat", flat=True).first()
    if last is None:
        return "none has started"
    silent = timezone.now() - last
    return OK if silent < WORKER_SILENT_AFTER else f"silent for {int(silent.total_seconds())} s"


def _is_staff(request: Request) -> Any:
    """Whether staff ask. Who they are may itself need what is down: then they are told as much as the public."""
    try:
        found = TokenAuthentication().authenticate(request)
        return getattr(found[0] if found else request._request.user, "is_staff", False)
    except Exception:  # noqa: BLE001 - see above
        return False
