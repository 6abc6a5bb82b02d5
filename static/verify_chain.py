"""Checks the chain of a shared record, without TradePortal and without any package.

    python3 verify_chain.py chain.json [HEAD THAT YOU NOTED ...]

`chain.json` is what the page "Verify" of a shared record gives. It says whether every link follows from the one before,
whether the chain still holds each head that you noted, and, where the file holds the rows of days, whether these rows are
what was sealed. Exit status: 0 when all holds, 1 when something does not, 2 when the file can't be read.
"""

import hashlib
import hmac
import json
import sys
from typing import Any

GENESIS = "0" * 64


def digest_of(link: dict[str, Any]) -> str:
    names = ("prev", "position", "day", "sealed_at", "trades", "rows", "balance")
    text = "\n".join(["tradeportal-link/1", *(str(link[name]) for name in names)])
    return hashlib.sha256(text.encode()).hexdigest()


def commitment(salt: str, text: str) -> str:
    return hmac.new(bytes.fromhex(salt), text.encode(), hashlib.sha256).hexdigest()


def rows_text(day: str, rows: list[list[str]]) -> str:
    lines = sorted(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows)
    return "\n".join(["tradeportal-rows/1", day, *lines])


def broken_links(links: list[dict[str, Any]]) -> list[str]:
    """What does not follow, in words; empty for a whole chain."""
    found, prev, sealed_at = [], GENESIS, ""
    for number, link in enumerate(links, start=1):
        if link["position"] != number:
            found.append(f"link {number}: it calls itself {link['position']}")
        if link["prev"] != prev:
            found.append(f"link {number}: it does not follow the link before")
        if link["digest"] != digest_of(link):
            found.append(f"link {number}: its digest is not that of its content")
        if link["sealed_at"] < sealed_at:
            found.append(f"link {number}: it was sealed before the link before")
        prev, sealed_at = link["digest"], link["sealed_at"]
    return found


def wrong_days(links: list[dict[str, Any]], opened: list[dict[str, Any]]) -> list[str]:
    """Opened days whose rows are not those that their link sealed."""
    found = []
    for day in opened:
        position = day["position"]
        link = links[position - 1] if 1 <= position <= len(links) else None
        if link is None or link["rows"] != commitment(day["salt"], rows_text(link["day"], day["rows"])):
            found.append(f"link {position}: its rows are not those that were sealed")
        elif sum(1 for row in day["rows"] if row[0] == "trade") != link["trades"]:
            found.append(f"link {position}: the number of its trades is another")
    return found


def moved_balances(links: list[dict[str, Any]], opened: list[dict[str, Any]]) -> int:
    """Days whose balance is another than when they were sealed, as after a correction of an earlier day."""
    texts = ((links[day["position"] - 1], day) for day in opened if 1 <= day["position"] <= len(links))
    return sum(
        1
        for link, day in texts
        if link["balance"] != commitment(day["salt"], f"tradeportal-balance/1\n{link['day']}\n{day['balance']}")
    )


def main(arguments: list[str]) -> int:
    if not arguments:
        print(__doc__)
        return 2
    try:
        with open(arguments[0], encoding="utf-8") as file:
            chain = json.load(file)
        links, opened = chain["links"], chain.get("opened", [])
        problems = broken_links(links) + wrong_days(links, opened)
        moved = moved_balances(links, opened)
    except (OSError, ValueError, LookupError, TypeError) as error:
        print(f"This is not the chain of a shared record: {error!r}")
        return 2
    known = {link["digest"]: link for link in links}
    for head in arguments[1:]:
        link = known.get(head.strip().lower())
        if link is None:
            problems.append(f"the head {head} is not in this chain")
        else:
            print(f"The head {head[:12]}... is link {link['position']}, sealed {link['sealed_at']}.")
    days = [link["day"] for link in links]
    print(
        f"{len(links)} links, {len(set(days))} days, {len(days) - len(set(days))} amendments, {len(opened)} days opened."
    )
    print(f"Head: {links[-1]['digest'] if links else 'none'}")
    if moved:
        print(f"The balance of {moved} days is another than when they were sealed.")
    for problem in problems:
        print(f"NOT RIGHT: {problem}")
    print("Something does not hold." if problems else "Everything holds.")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
