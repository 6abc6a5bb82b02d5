"""What was set before stays known."""

from decimal import Decimal
from typing import Any

import pytest

from tests import make
from tests.guards.live import rule
from trading.models import GuardRule

pytestmark = pytest.mark.django_db


def test_what_was_set_before_stays_in_the_history_of_a_rule() -> None:
    row = rule(make.account(), warning="0.15")
    GuardRule.objects.filter(pk=row.pk).update(warning=Decimal("0.10"))
    row.delete()
    history: Any = row.events  # type: ignore[attr-defined]
    kept = list(history.model.objects.order_by("pgh_id").values_list("pgh_label", "warning"))
    assert kept == [("update", Decimal("0.15")), ("delete", Decimal("0.10"))]
