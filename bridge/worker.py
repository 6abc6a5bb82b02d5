"""One round of the bridge after the other: read, spool, send, close. What fails is tried again, later and later."""

from __future__ import annotations

import logging
import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from bridge.client import Client, PortalError, Refused
from bridge.closer import Closer
from bridge.spool import OVERLAP, Spool
from bridge.sync import Reader, Reading
from bridge.terminal import TerminalError

logger = logging.getLogger("bridge")

Row = dict[str, Any]
#: Deals in one sync, and figures of an outage that are handed in after one.
DEALS_PER_SYNC, FIGURES_PER_ROUND = 5_000, 30
LONGEST_WAIT_S = 120.0


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class Bridge:
    """Keeps one account up to date. `close` says whether close requests are carried out."""

    account: str
    reader: Reader
    client: Client
    spool: Spool
    interval_s: float
    history_days: int
    close: bool
    clock: Callable[[], datetime] = utc_now
    rng: random.Random = field(default_factory=random.Random)
    login: Row = field(default_factory=dict)
    failures: int = 0
    _is_connected: bool = False
    _last_words: str = ""

    def round(self) -> float:
        """One round. Returns how many seconds to wait for the next."""
        synced, asked_s = self._attempt(self._sync)
        # Closing that fails is tried again with the next sync: it must not make the syncs rarer.
        _, also_asked_s = self._attempt(self._close_positions)
        self.failures = 0 if synced else self.failures + 1
        return max(asked_s, also_asked_s, self._wait_s())

    def _attempt(self, act: Callable[[], None]) -> tuple[bool, float]:
        """Whether it went well, and for how many seconds the portal wants to be left alone."""
        try:
            act()
        except TerminalError as error:
            self._is_connected = False
            logger.warning("%s", error)
            return False, 0.0
        except PortalError as error:
            logger.warning("%s", error)
            return False, error.retry_after_s
        return True, 0.0

    def _wait_s(self) -> float:
        """The interval; after failures twice as long each time, and never the same for two bridges."""
        if not self.failures:
            return self.interval_s
        longest = min(self.interval_s * 2.0 ** min(self.failures, 16), LONGEST_WAIT_S)
        return longest * self.rng.uniform(0.5, 1.0)

    def _sync(self) -> None:
        self._connect()
        reading = self.reader.read(self._since(), self.clock())
        for warning in reading.warnings:
            logger.warning("%s", warning)
        # On the disk before anything is sent: from here on no deal is lost.
        self.spool.add(reading.deals, reading.cash_flows)
        try:
            self._send(reading)
        except PortalError:
            self.spool.keep_figures({"sent_at": reading.sent_at.isoformat(), "figures": reading.figures})
            raise
        self._hand_in_figures()

    def _connect(self) -> None:
        if self._is_connected:
            return
        terminal = self.reader.terminal
        if not terminal.initialize(**self.login):
            code, words = terminal.last_error()
            raise TerminalError(f"The terminal can't be reached: {words} ({code}).")
        self._is_connected = True
        logger.info("connected to the terminal")

    def _since(self) -> datetime:
        newest = self.spool.newest()
        return newest - OVERLAP if newest else self.clock() - timedelta(days=self.history_days)

    def _send(self, reading: Reading) -> None:
        """Sends what is true now with the deals that wait; more of them follow until none does."""
        body = reading.body()
        while True:
            deals, flows = self.spool.waiting(DEALS_PER_SYNC)
            entry = {"account": self.account, **body, "deals": deals, "cash_flows": flows}
            answer = self._post(entry)
            self.spool.arrived(deals, flows)
            self._tell(answer, reading, len(deals))
            if len(deals) + len(flows) < DEALS_PER_SYNC:
                return
            body = {"sent_at": self.clock().isoformat()}

    def _post(self, entry: Row) -> Row:
        answer: Row = self.client.sync({"accounts": [entry]}, str(uuid.uuid4()))["accounts"][0]
        error = answer.get("error")
        if error:
            raise Refused(200, error["code"], f"{error['message']} {error.get('fields') or ''}".strip())
        return answer

    def _hand_in_figures(self) -> None:
        """Hands in the figures of an outage once it is over. They are older than what was just sent, so that they fill the
        record and trigger nothing."""
        kept = self.spool.kept_figures(FIGURES_PER_ROUND)
        for body in kept:
            try:
                self._post({"account": self.account, **body})
            except Refused as refusal:
                logger.warning("figures of %s are dropped: %s", body["sent_at"], refusal)
            self.spool.forget_figures(body)
        if kept:
            logger.info("handed in the figures of %d minutes of the outage", len(kept))

    def _close_positions(self) -> None:
        if self.close and self._is_connected:
            Closer(self.account, self.reader, self.client, self.spool).run(self.clock())

    def _tell(self, answer: Row, reading: Reading, deals: int) -> None:
        """A line when something is new; the same as before is for the debug log."""
        reconciled = answer.get("reconciliation") or {}
        is_open = "?" if reading.positions is None else len(reading.positions)
        status = f"{reconciled.get('status', 'recorded')}, {is_open} open, {reconciled.get('breaks', 0)} breaks"
        new = (deals and f", {deals} deals") or ""
        level = logging.INFO if new or status != self._last_words else logging.DEBUG
        logger.log(
            level, "synced: %s%s, equity %s %s", status, new, reading.figures["equity"], reading.figures["currency"]
        )
        self._last_words = status
