"""`manage.py simulate`: brings accounts to life for demos and load tests, by the API of a running portal or in-process."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.models import ApiKey, BrokerAccount, Trader
from accounts.services.api_keys import revoke_api_key
from bridge.client import Client, is_acceptable
from trading.management.simulation import Crowd, Row, Send, Tally, living, make_key, people, send_all
from trading.management.simulation_record import Record, sentences
from trading.services.sync import record_sync

MOST_ACCOUNTS = 100_000
LARGEST_BATCH = 500
MOST_SENDERS = 64


class Command(BaseCommand):
    help = "Bring simulated accounts to life: positions that move, deals, breaks that heal."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--accounts", type=int, default=10, help="how many (10)")
        parser.add_argument("--traders", type=int, default=1, help="whose they are, in turn (1)")
        parser.add_argument("--every", type=float, default=5.0, help="seconds between two syncs of an account (5)")
        parser.add_argument("--duration", type=float, default=60.0, help="seconds until it ends; 0: until Ctrl-C (60)")
        parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same accounts and markets (1)")
        parser.add_argument("--batch", type=int, default=100, help="accounts in one call, at most 500 (100)")
        parser.add_argument("--senders", type=int, default=1, help="calls at the same time, of different traders (1)")
        parser.add_argument("--record", default="", help="a file for what was measured, as JSON")
        parser.add_argument("--url", default="http://127.0.0.1:8000", help="the portal that the syncs are sent to")
        parser.add_argument("--in-process", action="store_true", help="record them here, without a web server")

    def handle(self, *args: Any, **options: Any) -> None:
        _check(options)
        now = timezone.now()
        keys: list[ApiKey] = []
        crowds = []
        for trader, accounts in people(options["traders"], options["accounts"], options["seed"]):
            send = _in_process(trader) if options["in_process"] else _by_api(trader, accounts, options["url"], keys)
            crowds.append(Crowd(send, [living(account, options["seed"]) for account in accounts]))
        self.stdout.write(
            f"{options['accounts']} accounts of {len(crowds)} traders, in {time.time() - now.timestamp():.1f} s"
        )
        try:
            self._run(crowds, options)
        except KeyboardInterrupt:
            self.stdout.write("Stopped.")
        finally:
            for key in keys:
                revoke_api_key(key, timezone.now())
            for crowd in crowds:
                for one in crowd.living:
                    one.save()

    def _run(self, crowds: list[Crowd], options: dict[str, Any]) -> None:
        record, every = Record(), options["every"]
        record.start()
        while True:
            due = record.started_at + record.rounds * every
            time.sleep(max(due - time.monotonic(), 0))
            round_at = time.monotonic()
            tally = send_all(crowds, options["batch"], 1 if options["in_process"] else options["senders"])
            if tally.failed and not record.calls and not tally.calls:
                raise CommandError(
                    f"{tally.problems[0]} Is a portal running at {options['url']}? --in-process needs none."
                )
            self._say(tally, time.monotonic() - round_at)
            record.add(tally, lag_s=round_at - due)
            if options["duration"] and time.monotonic() - record.started_at + every > options["duration"]:
                break
        told = record.told()
        self.stdout.write("\n".join(sentences(told)))
        if options["record"]:
            Path(options["record"]).write_text(json.dumps(told, indent=2), encoding="utf-8")

    def _say(self, tally: Tally, took_s: float) -> None:
        rate = tally.accounts / took_s if took_s else 0
        self.stdout.write(
            f"{timezone.now():%H:%M:%S} {tally.accounts} accounts in {tally.calls} calls, {took_s:.2f} s, {rate:.0f} a second;"
            f" {tally.deals} new deals, {tally.breaks} breaks, {tally.refused} refused, {tally.failed} calls failed"
        )
        for problem in tally.problems[:5]:
            self.stderr.write(problem)


def _check(options: dict[str, Any]) -> None:
    if not 1 <= options["accounts"] <= MOST_ACCOUNTS or not 1 <= options["traders"] <= options["accounts"]:
        raise CommandError(f"--accounts must be 1 to {MOST_ACCOUNTS}, and --traders 1 to as many.")
    if not 1 <= options["batch"] <= LARGEST_BATCH:
        raise CommandError(f"--batch must be 1 to {LARGEST_BATCH}.")
    if not 1 <= options["senders"] <= MOST_SENDERS:
        raise CommandError(f"--senders must be 1 to {MOST_SENDERS}.")
    if options["every"] < 0 or options["duration"] < 0:
        raise CommandError("--every and --duration must not be below 0.")
    if not options["in_process"] and not is_acceptable(options["url"]):
        raise CommandError("--url must be an https address (http only for this machine itself).")


def _by_api(trader: Trader, accounts: list[BrokerAccount], url: str, keys: list[ApiKey]) -> Send:
    made = make_key(trader, accounts, timezone.now())
    keys.append(made.key)
    return Client(url, made.text).sync


def _in_process(trader: Trader) -> Send:
    def send(body: Row, key: str) -> Row:
        return record_sync(trader, body, now=timezone.now(), key=key).answer

    return send
