"""The instruments that are there from the start."""

from decimal import Decimal
from importlib import import_module

import pytest
from django.apps import apps

from trading.models import Instrument

pytestmark = pytest.mark.django_db
MIGRATION = import_module("trading.migrations.0010_instruments")


@pytest.mark.parametrize(
    ("symbol", "pip"),
    [
        ("EURUSD", "0.0001"),
        ("GBPNZD", "0.0001"),
        ("USDJPY", "0.01"),
        ("CHFJPY", "0.01"),
        ("USDHUF", "0.01"),
        ("XAUUSD", "0.1"),
        ("XAGUSD", "0.01"),
        ("GER40", "1"),
        ("US500", "0.1"),
        ("XTIUSD", "0.01"),
        ("NATGAS", "0.001"),
        ("BTCUSD", "1"),
    ],
)
def test_each_has_a_pip_of_its_own(symbol: str, pip: str) -> None:
    MIGRATION.add_instruments(apps, None)
    assert Instrument.objects.get(symbol=symbol).pip == Decimal(pip)


def test_what_an_operator_has_set_stays() -> None:
    Instrument.objects.update_or_create(symbol="XAUUSD", defaults={"pip": Decimal("0.01")})
    MIGRATION.add_instruments(apps, None)
    assert Instrument.objects.get(symbol="XAUUSD").pip == Decimal("0.01")
