"""The cast of every test: Ann owns the data, Bo is another trader, Cy is staff. `stranger` has not signed in.

`*_client` browse the pages with a session; `*_api` call the JSON API with a token of a sign-in of their own.
"""

import time

import pytest
from allauth.account.internal.flows import login as sign_in_flow
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Trader
from accounts.services.sign_in import start_sign_in
from accounts.tokens import pair
from tests import make

#: The clock of what the tests make themselves.
NOW = timezone.now()


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


@pytest.fixture
def stranger_api() -> APIClient:
    return APIClient()


@pytest.fixture
def ann_api(ann: Trader) -> APIClient:
    return api_client(ann)


@pytest.fixture
def bo_api(bo: Trader) -> APIClient:
    return api_client(bo)


@pytest.fixture
def cy_api(cy: Trader) -> APIClient:
    return api_client(cy)


def api_client(trader: Trader) -> APIClient:
    """A client of the JSON API that sends this person's access token."""
    access, _refresh = pair(start_sign_in(trader, timezone.now()))
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {access}")
    return client


def _signed_in(trader: Trader) -> Client:
    client = Client()
    open_session(client, trader)
    return client


def open_session(client: Client, trader: Trader) -> None:
    """Signs in without a password, as if it had just been given."""
    client.force_login(trader, backend="django.contrib.auth.backends.ModelBackend")
    signed_in_ago(client, -86_400)


def signed_in_ago(client: Client, seconds: float) -> None:
    """Says when the password was given. In the future: it stays fresh however long a test takes."""
    session = client.session
    session[sign_in_flow._AUTHENTICATION_METHODS_USER_SESSION_KEY] = session["_auth_user_id"]
    session[sign_in_flow.AUTHENTICATION_METHODS_SESSION_KEY] = [{"method": "password", "at": time.time() - seconds}]
    session.save()
