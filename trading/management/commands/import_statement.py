"""Imports broker statements in this process, through the same services as the pages."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from accounts.models import BrokerAccount, Trader
from trading.errors import TradingError
from trading.models import State, Statement
from trading.services.statements import import_now

_CHUNK_BYTES = 1_048_576
_KINDS = ("trades", "executions", "cash_flows", "positions", "snapshots")


class Command(BaseCommand):
    help = "Imports broker statements into a trader's accounts and shows each stated figure beside ours."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE", type=Path)
        parser.add_argument("--trader", required=True, metavar="EMAIL", help="whose accounts the files belong to")
        parser.add_argument("--account", metavar="ID", help="the account, where the file does not tell")
        parser.add_argument("--time-zone", default="", metavar="ZONE", help="of the broker's server: Europe/Athens")
        parser.add_argument("--dry-run", action="store_true", help="show what would change, and change nothing")
        parser.add_argument("--json", action="store_true", help="print JSON only")

    def handle(self, *args: Any, **options: Any) -> None:
        trader = _trader(options["trader"])
        account = _account(trader, options["account"]) if options["account"] else None
        reports = []
        for path in options["files"]:
            report = _import(path, trader, account, options["time_zone"], dry_run=options["dry_run"])
            reports.append(report)
            if not options["json"]:
                self.stdout.write(_plain(report))
        if options["json"]:
            self.stdout.write(json.dumps(reports, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2))
        if any(report["error"] for report in reports):
            raise SystemExit(1)


def _trader(email: str) -> Trader:
    trader = Trader.objects.filter(email__iexact=email).first()
    if trader is None:
        raise CommandError(f"There is no trader with the e-mail address {email}.")
    return trader


def _account(trader: Trader, account_id: str) -> BrokerAccount:
    try:
        account = BrokerAccount.objects.for_trader(trader).filter(pk=account_id).first()
    except (ValidationError, ValueError):
        account = None
    if account is None:
        raise CommandError(f"{trader.email} has no account with the id {account_id}.")
    return account


def _import(
    path: Path, trader: Trader, account: BrokerAccount | None, time_zone: str, *, dry_run: bool
) -> dict[str, Any]:
    try:
        statement = import_now(
            trader,
            path.name,
            _chunks(path),
            now=timezone.now(),
            account=account,
            time_zone=time_zone,
            dry_run=dry_run,
        )
    except OSError as error:
        return _refused(path, "unreadable", f"{path} can't be opened: {error.strerror}.")
    except TradingError as error:
        return _refused(path, error.code, error.message)
    return _report(path, statement)


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            yield chunk


def _report(path: Path, statement: Statement) -> dict[str, Any]:
    error = {"code": statement.error_code, "message": statement.error_message} if statement.error_message else None
    return {
        "file": str(path),
        "statement": str(statement.pk),
        "format": statement.format,
        "state": statement.state,
        "account": None if error else _account_of(statement),
        "period": {"start": statement.period_start, "end": statement.period_end},
        "counts": statement.counts,
        "outcome": {kind: statement.outcome[kind] for kind in _KINDS} if statement.outcome else {},
        "problems": [
            {"line": problem["line"], "reason": problem["reason"], "text": problem["text"]}
            for problem in statement.problems
        ],
        "notes": statement.notes,
        "stated": statement.stated,
        "error": error,
    }


def _account_of(statement: Statement) -> dict[str, Any]:
    account = statement.account
    header = statement.header
    return {
        "id": str(account.pk) if account else None,
        "number": account.number if account else header.get("number", ""),
        "currency": account.currency if account else header.get("currency", ""),
        "server": account.server if account else header.get("server", ""),
        "time_zone": statement.server_time_zone,
        "time_zone_is_guessed": statement.zone_is_guessed,
        "created": statement.outcome.get("creates_account", False),
    }


def _refused(path: Path, code: str, message: str) -> dict[str, Any]:
    return {
        "file": str(path),
        "statement": None,
        "format": "",
        "state": State.REFUSED,
        "account": None,
        "period": {"start": None, "end": None},
        "counts": {},
        "outcome": {},
        "problems": [],
        "notes": [],
        "stated": [],
        "error": {"code": code, "message": message},
    }


def _plain(report: dict[str, Any]) -> str:
    """The report for a person to read."""
    if report["error"]:
        return f"{report['file']}: {report['state']} ({report['error']['code']})\n  {report['error']['message']}"
    account = report["account"]
    new = " (new)" if account["created"] else ""
    guessed = ", guessed" if account["time_zone_is_guessed"] else ""
    named = " ".join(filter(None, [account["number"], account["currency"], account["server"]]))
    lines = [
        f"{report['file']}: {report['state']}, {report['format']}",
        f"  account {named}{new}, server time {account['time_zone']}{guessed}",
    ]
    for kind, tally in report["outcome"].items():
        counted = ", ".join(f"{number} {word}" for word, number in tally.items() if number)
        lines.append(f"  {kind.replace('_', ' ')}: {counted or 'none'}")
    lines += [f"  not understood, line {problem['line']}: {problem['reason']}" for problem in report["problems"]]
    lines += [f"  note: {note}" for note in report["notes"]]
    ties = sum(figure["state"] == "ties" for figure in report["stated"])
    lines.append(f"  stated figures: {ties} of {len(report['stated'])} tie")
    lines += [
        f"    {figure['key']}: stated {figure['stated']}, ours {figure['ours']}, difference {figure['difference']} "
        f"{figure['reason'] or figure['state']}"
        for figure in report["stated"]
        if figure["state"] != "ties"
    ]
    return "\n".join(lines)
