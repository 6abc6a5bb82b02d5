"""The stage of a test: a trader who consented to closing, the programs, and whoever is told of alerts."""

import json
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import BrokerAccount
from accounts.services.api_keys import create_api_key
from bridge.simulated import SimulatedTerminal
from tests import make
from tests.guards.receiver import Receiver, receiver
from tests.live.mailbox import Mailbox, mailbox
from tests.live.stage import Programs, programs, simulated_terminal, start_bridge, start_portal, wait_for
from trading.models import SyncState
from trading.services.guard_rules import switch_auto_close
from trading.services.webhooks import create_webhook

Row = dict[str, Any]


@dataclass
class Stage:
    account: BrokerAccount
    terminal: SimulatedTerminal
    started: Programs
    url: str
    key: str
    secret: str
    mail: Mailbox
    hook: Receiver
    cookie: str

    def start_bridge(self) -> None:
        start_bridge(self.started, self.url, self.key, str(self.account.pk))

    def api(self, path: str) -> Row:
        answer: Row = json.loads(self._get(f"/api/v1/{path}", {"Authorization": f"Api-Key {self.key}"}))
        return answer

    def page(self, path: str) -> str:
        return self._get(path, {"Cookie": f"sessionid={self.cookie}"}).decode()

    def _get(self, path: str, headers: dict[str, str]) -> bytes:
        with urllib.request.urlopen(urllib.request.Request(self.url + path, headers=headers), timeout=20) as answer:
            content: bytes = answer.read()
            return content

    def syncs(self) -> int:
        state = SyncState.objects.filter(account=self.account).first()
        return state.total_syncs if state else 0

    def wait_for_syncs(self, number: int) -> None:
        wanted = self.syncs() + number
        wait_for(f"{number} more syncs", lambda: self.syncs() >= wanted)


@pytest.fixture
def stage(transactional_db: None, tmp_path: Path, settings: Any) -> Iterator[Stage]:
    settings.WEBHOOK_ALLOW_PRIVATE = True
    trader = make.trader("ann@example.com", name="Ann")
    account = make.account(trader)
    key = create_api_key(trader, "Bridge", ["read", "sync", "close"], [account], now=timezone.now())
    client = Client()
    client.force_login(trader, backend="django.contrib.auth.backends.ModelBackend")
    with mailbox() as mail, receiver() as hook, programs(tmp_path) as started:
        secret = create_webhook(trader, hook.url).secret
        switch_auto_close(account, True, confirmation=account.number, actor=trader, now=timezone.now())
        url = start_portal(
            started,
            WEBHOOK_ALLOW_PRIVATE="true",
            EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
            EMAIL_HOST="127.0.0.1",
            EMAIL_PORT=str(mail.port),
        )
        cookie = client.cookies["sessionid"].value
        yield Stage(account, simulated_terminal(tmp_path), started, url, key.text, secret, mail, hook, cookie)
