"""What the bridge must not forget, in one SQLite file: deals that have not arrived, figures of an outage, closes under way.

Every write is on the disk when its method returns, so that a bridge that is killed goes on where it was. The file stays
bounded: figures are thinned to one a minute and the oldest go first; deals go only when they have arrived and are too old
to be read from the terminal again.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

Row = dict[str, Any]
#: Figures kept of an outage: a day of minutes.
MOST_FIGURES = 1_440
#: Deals of this long before the newest one are asked for again: a server may book late.
OVERLAP = timedelta(days=2)
#: States of a deal; 0 waits.
_SENT, _SET_ASIDE = 1, 2
_SCHEMA = """
CREATE TABLE IF NOT EXISTS deal (
    kind TEXT NOT NULL, id TEXT NOT NULL, at TEXT NOT NULL, body TEXT NOT NULL, sent INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (kind, id)
);
CREATE INDEX IF NOT EXISTS deal_waiting ON deal (at) WHERE sent = 0;
CREATE TABLE IF NOT EXISTS figures (minute TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS close (
    request TEXT NOT NULL, attempt INTEGER NOT NULL, ticket TEXT NOT NULL, started_at TEXT NOT NULL,
    deal TEXT NOT NULL DEFAULT '', outcome TEXT, told INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (request, attempt)
);
"""


@dataclass(frozen=True, slots=True)
class CloseRecord:
    """One attempt at one close request. `outcome` is None while nobody knows what became of it."""

    request: str
    attempt: int
    ticket: str
    started_at: datetime
    deal: str
    outcome: Row | None


class SpoolInUse(Exception):
    """Another bridge works for this account from the same directory."""


class Spool:
    """One account's memory. It is locked while it is open: two bridges would close positions twice. Errors: SpoolInUse."""

    def __init__(self, path: Path, keep: timedelta = timedelta(days=30)) -> None:
        """Opens or makes the file. `keep`: how far back deals are remembered at least; the terminal is asked so far back."""
        self._keep = keep + OVERLAP
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None, timeout=2)
        try:
            # The lock is the system's own, so that it goes with a bridge that is killed.
            self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._db.execute("PRAGMA journal_mode = WAL")
            # With WAL, only FULL makes each write outlive a power cut as well.
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} COMMIT;")
        except sqlite3.OperationalError as error:
            self._db.close()
            if "locked" in str(error):
                raise SpoolInUse(f"Another bridge uses {path}: stop it first.") from error
            raise

    def close(self) -> None:
        self._db.close()

    # ---- Deals and cash flows
    def add(self, deals: Iterable[Row], cash_flows: Iterable[Row]) -> int:
        """Notes what is new of it, in one step. Returns how many rows that were."""
        rows = [("deal", row["deal_id"], row["executed_at"], json.dumps(row)) for row in deals]
        rows += [("flow", row["reference"], row["booked_at"], json.dumps(row)) for row in cash_flows]
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            before = self._db.total_changes
            self._db.executemany(
                # A row that the broker has corrected since is sent once more.
                "INSERT INTO deal (kind, id, at, body) VALUES (?, ?, ?, ?) ON CONFLICT (kind, id) "
                "DO UPDATE SET body = excluded.body, sent = 0 WHERE body <> excluded.body",
                rows,
            )
            return self._db.total_changes - before

    def waiting(self, at_most: int) -> tuple[list[Row], list[Row]]:
        """Deals and cash flows that have not arrived, oldest first."""
        found = self._db.execute(
            "SELECT kind, body FROM deal WHERE sent = 0 ORDER BY at, id LIMIT ?", (at_most,)
        ).fetchall()
        deals = [json.loads(body) for kind, body in found if kind == "deal"]
        return deals, [json.loads(body) for kind, body in found if kind == "flow"]

    def arrived(self, deals: Sequence[Row], cash_flows: Sequence[Row]) -> None:
        """These were recorded by the portal; what is too old to be read again is forgotten."""
        self._mark(_SENT, deals, cash_flows)
        newest = self.newest()
        if newest is not None:
            oldest = (newest - self._keep).isoformat()
            self._db.execute("DELETE FROM deal WHERE sent <> 0 AND at < ?", (oldest,))

    def set_aside(self, deals: Sequence[Row], cash_flows: Sequence[Row]) -> None:
        """These are not sent again, unless the broker corrects them."""
        self._mark(_SET_ASIDE, deals, cash_flows)

    def _mark(self, state: int, deals: Sequence[Row], cash_flows: Sequence[Row]) -> None:
        # The body says which version is meant: one that changed meanwhile still waits.
        rows = [(state, "deal", row["deal_id"], json.dumps(row)) for row in deals]
        rows += [(state, "flow", row["reference"], json.dumps(row)) for row in cash_flows]
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.executemany("UPDATE deal SET sent = ? WHERE kind = ? AND id = ? AND body = ?", rows)

    def newest(self) -> datetime | None:
        """The moment of the newest deal that is known."""
        (found,) = self._db.execute("SELECT max(at) FROM deal").fetchone()
        return datetime.fromisoformat(found) if found else None

    # ---- Figures of an outage
    def keep_figures(self, body: Row) -> None:
        """Keeps the account's figures for later, the last of each minute."""
        minute = body["sent_at"][:16]
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute(
                "INSERT INTO figures VALUES (?, ?) ON CONFLICT (minute) DO UPDATE SET body = excluded.body",
                (minute, json.dumps(body)),
            )
            self._db.execute(
                "DELETE FROM figures WHERE minute NOT IN (SELECT minute FROM figures ORDER BY minute DESC LIMIT ?)",
                (MOST_FIGURES,),
            )

    def kept_figures(self, at_most: int) -> list[Row]:
        found = self._db.execute("SELECT body FROM figures ORDER BY minute LIMIT ?", (at_most,))
        return [json.loads(body) for (body,) in found]

    def forget_figures(self, body: Row) -> None:
        self._db.execute("DELETE FROM figures WHERE minute = ?", (body["sent_at"][:16],))

    # ---- Closes
    def begin_close(self, request: str, attempt: int, ticket: str, now: datetime) -> bool:
        """Writes down that this attempt is about to be made. False where it was before: it must not be made again."""
        values = (request, attempt, ticket, now.astimezone(UTC).isoformat())
        with closing(
            self._db.execute(
                "INSERT OR IGNORE INTO close (request, attempt, ticket, started_at) VALUES (?, ?, ?, ?)", values
            )
        ) as written:
            return written.rowcount == 1

    def note_deal(self, record: CloseRecord, deal: str) -> CloseRecord:
        """The record with the deal that the terminal named; its figures may take a moment to show."""
        values = (deal, record.request, record.attempt)
        self._db.execute("UPDATE close SET deal = ? WHERE request = ? AND attempt = ?", values)
        return replace(record, deal=deal)

    def end_close(self, record: CloseRecord, outcome: Row) -> None:
        """What became of an attempt; the first word stands."""
        self._db.execute(
            "UPDATE close SET outcome = ? WHERE request = ? AND attempt = ? AND outcome IS NULL",
            (json.dumps(outcome), record.request, record.attempt),
        )

    def told(self, record: CloseRecord) -> None:
        """The portal knows the outcome. Records of long ago are forgotten with it."""
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute(
                "UPDATE close SET told = 1 WHERE request = ? AND attempt = ?", (record.request, record.attempt)
            )
            long_ago = (record.started_at - timedelta(days=30)).isoformat()
            self._db.execute("DELETE FROM close WHERE told = 1 AND started_at < ?", (long_ago,))

    def close_record(self, request: str, attempt: int) -> CloseRecord | None:
        found = self._closes("request = ? AND attempt = ?", (request, attempt))
        return found[0] if found else None

    def closes_unknown(self) -> list[CloseRecord]:
        """Attempts of which nobody knows yet what became."""
        return self._closes("outcome IS NULL")

    def closes_untold(self) -> list[CloseRecord]:
        """Attempts whose outcome the portal does not know yet."""
        return self._closes("outcome IS NOT NULL AND told = 0")

    def _closes(self, condition: str, values: tuple[Any, ...] = ()) -> list[CloseRecord]:
        found = self._db.execute(
            f"SELECT request, attempt, ticket, started_at, deal, outcome FROM close WHERE {condition} "
            "ORDER BY started_at, request",
            values,
        )
        return [
            CloseRecord(
                request, attempt, ticket, datetime.fromisoformat(at), deal, json.loads(outcome) if outcome else None
            )
            for request, attempt, ticket, at, deal, outcome in found
        ]
