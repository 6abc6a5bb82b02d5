"""Demo traders who look at their pages and at the API, in the mix of a working day.

Started by `make load`; DEMO_EMAIL and DEMO_PASSWORD name the trader.
"""

import os
from threading import Lock

from locust import HttpUser, between, task

EMAIL = os.environ.get("DEMO_EMAIL", "")
PASSWORD = os.environ.get("DEMO_PASSWORD", "")


class PageReader(HttpUser):
    """Signs in once and reads pages."""

    weight = 2
    wait_time = between(0.2, 0.6)

    def on_start(self) -> None:
        self.client.get("/login/", name="sign in (form)")
        fields = {"login": EMAIL, "password": PASSWORD, "csrfmiddlewaretoken": self.client.cookies.get("csrftoken", "")}
        headers = {"Referer": f"{self.host}/login/"}
        with self.client.post(
            "/login/", fields, headers=headers, name="sign in", allow_redirects=False, catch_response=True
        ) as answer:
            if answer.status_code != 302:
                answer.failure(f"not signed in: {answer.status_code}")

    @task(3)
    def dashboard(self) -> None:
        self.client.get("/", name="dashboard")

    @task(4)
    def trades(self) -> None:
        self.client.get("/trades/", name="trades")

    @task(1)
    def positions(self) -> None:
        self.client.get("/positions/", name="positions")


class ApiReader(HttpUser):
    """Reads the API with one token for all, because signing in is limited per person."""

    weight = 3
    wait_time = between(0.2, 0.6)
    token = ""
    token_lock = Lock()

    def on_start(self) -> None:
        with ApiReader.token_lock:
            ApiReader.token = ApiReader.token or self._fetch_token()
        self.client.headers["Authorization"] = f"Bearer {ApiReader.token}"

    def _fetch_token(self) -> str:
        answer = self.client.post("/api/v1/auth/token/", json={"email": EMAIL, "password": PASSWORD}, name="token")
        return str(answer.json()["access"])

    @task(5)
    def trades(self) -> None:
        self.client.get("/api/v1/trades/", name="api trades")

    @task(3)
    def open_positions(self) -> None:
        self.client.get("/api/v1/positions/", name="api positions")

    @task(2)
    def accounts(self) -> None:
        self.client.get("/api/v1/accounts/", name="api accounts")
