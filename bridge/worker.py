"""One round of the bridge after the other: read, spool, send, close. What fails is tried again, later and later."""

from __future__ import annotations

import logging
import random
import re
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
#: How often all of the history that is asked for is read anew.
LOOK_BACK_EVERY = timedelta(hours=1)
_DEAL_AT_FAULT = re.compile(r"(deals|cash_flows)\.(\d+)(?:\.|$)")


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
    _looked_back_at: datetime | None = None
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
        options = dict(self.login)
        # The package wants the path without a name.
        path = [options.pop("path")] if "path" in options else []
        if not terminal.initialize(*path, **options):
            code, words = terminal.last_error()
            raise TerminalError(f"The terminal can't be reached: {words} ({code}).")
        self._is_connected, self._looked_back_at = True, None
        logger.info("connected to the terminal")

    def _since(self) -> datetime:
        """From when on deals are asked for: all of them now and then, as a terminal may load its history bit by bit."""
        now, newest = self.clock(), self.spool.newest()
        if newest and self._looked_back_at and now - self._looked_back_at < LOOK_BACK_EVERY:
            return newest - OVERLAP
        self._looked_back_at = now
        return now - timedelta(days=self.history_days)

    def _send(self, reading: Reading) -> None:
        """Sends what is true now with the deals that wait; more of them follow until none does.

        Deals travel with the positions alone: the portal takes the stops of a new trade from its position.
        """
        body, at_most = reading.body(), DEALS_PER_SYNC if reading.positions is not None else 0
        while True:
            deals, flows = self.spool.waiting(at_most)
            answer = self._post({"account": self.account, **body, "deals": deals, "cash_flows": flows})
            error = answer.get("error")
            if error:
                self._set_aside(error, deals, flows)
                continue
            self.spool.arrived(deals, flows)
            self._tell(answer, reading, len(deals))
            if len(deals) + len(flows) < DEALS_PER_SYNC:
                return
            body["sent_at"] = self.clock().isoformat()

    def _post(self, entry: Row) -> Row:
        answer: Row = self.client.sync({"accounts": [entry]}, str(uuid.uuid4()))["accounts"][0]
        return answer

    def _set_aside(self, error: Row, deals: list[Row], flows: list[Row]) -> None:
        """Keeps deals that the portal can't take from holding up the others. Errors: Refused where none is at fault."""
        at_fault = [match for name in error.get("fields") or () if (match := _DEAL_AT_FAULT.match(name))]
        if not at_fault:
            raise _refused(error)
        rows = {"deals": deals, "cash_flows": flows}
        for kind, index in {(match[1], int(match[2])) for match in at_fault}:
            row = rows[kind][index]
            logger.error("the portal can't take this, and it is set aside: %s %s", error["fields"], row)
            self.spool.set_aside([row] if kind == "deals" else [], [row] if kind == "cash_flows" else [])

    def _hand_in_figures(self) -> None:
        """Hands in the figures of an outage once it is over. They are older than what was just sent, so that they fill the
        record and trigger nothing."""
        kept = self.spool.kept_figures(FIGURES_PER_ROUND)
        for body in kept:
            answer = self._post({"account": self.account, **body})
            if answer.get("error"):
                logger.warning("figures of %s are dropped: %s", body["sent_at"], _refused(answer["error"]))
            self.spool.forget_figures(body)
        if kept:
            logger.info("handed in %d figures of the outage, one a minute", len(kept))

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


def _refused(error: Row) -> Refused:
    return Refused(200, error["code"], f"{error['message']} {error.get('fields') or ''}".strip())
