"""`python -m bridge --config bridge.toml`: keeps one account up to date until it is stopped."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import threading
import time
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from types import FrameType
from typing import Any

from bridge.client import Client
from bridge.config import Config, ConfigError, load
from bridge.simulated import SimulatedTerminal
from bridge.spool import Spool, SpoolInUse
from bridge.sync import Reader
from bridge.terminal import Terminal, TerminalError, metatrader
from bridge.worker import Bridge

logger = logging.getLogger("bridge")


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 0 after an orderly stop, 2 with one sentence when it can't start."""
    options = _parser().parse_args(arguments)
    try:
        config = load(options.config)
        _log_to_standard_error(config.log_level)
        terminal = _terminal(config)
        spool = Spool(config.state_dir / f"{config.account}.sqlite3", timedelta(days=config.history_days))
    except (ConfigError, TerminalError, SpoolInUse, OSError) as error:
        print(f"The bridge can't start: {error}", file=sys.stderr)
        return 2
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stopper(stop))
    bridge = _bridge(config, terminal, spool)
    logger.info("bridge of account %s, every %g s, to %s", config.account, config.interval_s, config.url)
    try:
        _run(bridge, stop, once=options.once)
    finally:
        bridge.client.close()
        spool.close()
        terminal.shutdown()
    logger.info("stopped")
    return 1 if options.once and bridge.failures else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bridge", description="Keeps one account of TradePortal up to date."
    )
    parser.add_argument("--config", type=Path, help="a TOML file; see docs/bridge.md")
    parser.add_argument("--once", action="store_true", help="one round, then stop; exit status 1 when it failed")
    return parser


def _log_to_standard_error(level: str) -> None:
    form = logging.Formatter("%(asctime)sZ %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S")
    form.converter = time.gmtime
    handler = logging.StreamHandler()
    handler.setFormatter(form)
    logging.basicConfig(level=level, handlers=[handler], force=True)


def _terminal(config: Config) -> Terminal:
    if config.kind == "metatrader5":
        return metatrader()
    told = config.terminal
    options: dict[str, Any] = {
        "seed": int(told.get("seed", 1)),
        "currency": str(told.get("currency", "USD")),
        "deposit": Decimal(int(told.get("deposit", 10_000))),
        "tells_story": bool(told.get("story", False)),
    }
    state = Path(str(told["state"])) if "state" in told else config.state_dir / "terminal.json"
    return SimulatedTerminal(state, config.zone, **options)


def _bridge(config: Config, terminal: Terminal, spool: Spool) -> Bridge:
    login: dict[str, Any] = {}
    if config.kind == "metatrader5":
        login = {
            name: config.terminal[name] for name in ("path", "login", "password", "server") if name in config.terminal
        }
    return Bridge(
        account=config.account,
        reader=Reader(terminal, config.zone, config.login),
        client=Client(config.url, config.api_key, config.ca_file),
        spool=spool,
        interval_s=config.interval_s,
        history_days=config.history_days,
        close=config.close,
        login=login,
    )


def _stopper(stop: threading.Event) -> Any:
    def handle(number: int, frame: FrameType | None) -> None:
        stop.set()

    return handle


def _run(bridge: Bridge, stop: threading.Event, *, once: bool) -> None:
    while not stop.is_set():
        try:
            wait_s = bridge.round()
        except Exception:
            # A fault of our own must not leave the account unwatched: it is logged, and the next round comes.
            bridge.failures += 1
            logger.exception("the round failed")
            wait_s = bridge.interval_s
        if once:
            return
        stop.wait(wait_s)


if __name__ == "__main__":
    sys.exit(main())
