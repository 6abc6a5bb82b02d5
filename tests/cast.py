"""The cast of every test: Ann owns the data, Bo is another trader, Cy is staff. `stranger` has not signed in.

`*_client` browse the pages with a session.
"""

import pytest
from django.test import Client

from accounts.models import Trader
from tests import make


@pytest.fixture
def password() -> str:
    return make.PASSWORD


@pytest.fixture
def ann(db: None) -> Trader:
    return make.trader("ann@example.com", name="Ann")


@pytest.fixture
def bo(db: None) -> Trader:
    return make.trader("bo@example.com", name="Bo")


@pytest.fixture
def cy(db: None) -> Trader:
    return make.trader("cy@example.com", name="Cy", is_staff=True, is_superuser=True)


@pytest.fixture
def stranger() -> Client:
    return Client()


@pytest.fixture
def ann_client(ann: Trader) -> Client:
    return _signed_in(ann)


@pytest.fixture
def bo_client(bo: Trader) -> Client:
    return _signed_in(bo)


@pytest.fixture
def cy_client(cy: Trader) -> Client:
    return _signed_in(cy)


def _signed_in(trader: Trader) -> Client:
    client = Client()
    client.force_login(trader, backend="django.contrib.auth.backends.ModelBackend")
    return client
