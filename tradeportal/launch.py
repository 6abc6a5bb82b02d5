"""The command behind `make run`: servers, migrations, static files, demo data, then the web server and the
worker, and a bridge that feeds the demo's live account from a simulated terminal.

This process only starts, watches and stops the others. A program that dies is started again; a signal stops all of
them in order: the demo's bridge, web, worker, Valkey, PostgreSQL.
"""

from __future__ import annotations

import errno
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType

from tradeportal.console import StepFailed, run_step, say
from tradeportal.embedded import EmbeddedError, stop_process
from tradeportal.local import ROOT, LocalServers, Secrets, read_env_file, var_directory
from tradeportal.privileges import child_setup, stop_with_parent

READY_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 12.0
RESTARTS_PER_MINUTE = 5
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """A signal asked the portal to stop."""


class LaunchError(Exception):
    """Why the portal cannot run, as one sentence."""


# ---- Address --------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Address:
    host: str
    port: int

    @classmethod
    def from_environment(cls) -> Address:
        text = os.environ.get("PORT", "").strip() or "8000"
        if not text.isdigit() or not 0 < int(text) < 65536:
            raise LaunchError(f"PORT must be a number from 1 to 65535, not {text!r}.")
        return cls(os.environ.get("HOST", "").strip() or "127.0.0.1", int(text))

    @property
    def bind(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def reachable_host(self) -> str:
        """Where this machine reaches the server itself."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)

    @property
    def url(self) -> str:
        host = self.reachable_host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}/"

    def check_free(self) -> None:
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        with socket.socket(family) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind((self.host, self.port))
                listener.listen(1)
            except OSError as error:
                raise LaunchError(self._why(error)) from None

    def _why(self, error: OSError) -> str:
        if error.errno == errno.EADDRINUSE:
            return f"Port {self.port} is in use by another program: stop it, or choose another with PORT=8001 make run."
        if error.errno == errno.EACCES:
            return f"Port {self.port} is reserved for root: choose one above 1023, for example PORT=8000 make run."
        return f"HOST={self.host} is not an address of this machine ({error.strerror or error})."


# ---- Programs -------------------------------------------------------------------------------------------------------
@dataclass
class Program:
    """A child that is started again when it dies. `death_signal` reaches it when the launcher is killed.

    One that is not needed is given up when it keeps dying; the portal goes on.
    """

    name: str
    command: list[str]
    environment: dict[str, str]
    death_signal: signal.Signals = signal.SIGTERM
    is_needed: bool = True
    process: subprocess.Popen[bytes] | None = None
    starts: list[float] = field(default_factory=list)

    def start(self) -> None:
        self.process = subprocess.Popen(
            self.command,
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=child_setup(None, self.death_signal),
        )

    def stop(self) -> None:
        if self.process is not None:
            stop_process(self.process, signal.SIGTERM, STOP_TIMEOUT_S)
            self.process = None


def main() -> int:
    """Exit status 0 after an orderly stop, 1 with one sentence when the portal cannot run."""
    for number in STOP_SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN or number == signal.SIGINT:
            signal.signal(number, _stop)
    if "MAKELEVEL" in os.environ:
        stop_with_parent(signal.SIGTERM)
    portal = Portal()
    try:
        portal.run()
    except Stopped:
        say("Stopping ...")
        portal.stop()
        say("Stopped.")
        return 0
    except (LaunchError, EmbeddedError, StepFailed, OSError) as error:
        say(_sentence(error))
    _ignore_signals()
    portal.stop()
    return 1


def _stop(number: int, frame: FrameType | None) -> None:
    _ignore_signals()
    raise Stopped


def _ignore_signals() -> None:
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _sentence(error: Exception) -> str:
    if isinstance(error, StepFailed):
        return error.sentence()
    if isinstance(error, OSError):
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        return "The disk is full: the portal cannot write below var/." if full else f"The portal cannot run: {error}."
    return str(error)


class Portal:
    """All processes of `make run`."""

    def __init__(self) -> None:
        self.programs: list[Program] = []
        self.servers: LocalServers | None = None

    def run(self) -> None:
        """Starts everything, says where it is, and watches until a signal or an error ends it."""
        read_env_file(ROOT / ".env", os.environ)
        address = Address.from_environment()
        environment = self._start_servers(address)
        sign_in = run_step("Preparing the database and the pages", _python("tradeportal.prepare"), environment)
        self.programs = _programs(address, environment)
        for program in self.programs:
            program.start()
        _wait_for_page(address, self.programs[0])
        self._start_demo_bridge(address, environment)
        say(f"\nTradePortal is ready at {address.url}")
        say("\n".join(line for line in sign_in.splitlines() if line.startswith("Sign in")))
        say("Ctrl-C stops everything.")
        self._watch()

    def _start_demo_bridge(self, address: Address, environment: dict[str, str]) -> None:
        """Brings the demo's live account to life, unless SIMULATE is false or this database has no demo."""
        config = var_directory(environment) / "bridge" / "demo.toml"
        if os.environ.get("SIMULATE", "").strip().lower() in {"false", "0", "no"} or not config.exists():
            return
        command = [*_python("bridge"), "--config", str(config)]
        variables = {**environment, "BRIDGE_URL": address.url.rstrip("/")}
        bridge = Program("The demo's bridge", command, variables, is_needed=False)
        # First in the list, so that it ends before the web server that it calls.
        self.programs.insert(0, bridge)
        bridge.start()

    def stop(self) -> None:
        """Ends the programs and then the servers, each after the one that uses it."""
        for program in self.programs:
            program.stop()
        if self.servers is not None:
            self.servers.stop()

    def _start_servers(self, address: Address) -> dict[str, str]:
        var = var_directory()
        environment = {**os.environ, "PYTHONUNBUFFERED": "1", "DJANGO_SETTINGS_MODULE": "tradeportal.settings"}
        environment.setdefault("WEB_CONCURRENCY", "2")
        environment.setdefault("STATIC_COMPRESS", "false")
        servers = LocalServers(var, os.environ)
        if servers.wanted:
            servers.lock()
            self.servers = servers
        address.check_free()
        if not environment.get("SECRET_KEY"):
            environment["SECRET_KEY"] = Secrets(var).get("secret_key")
        if not environment.get("ALLOWED_HOSTS"):
            environment["ALLOWED_HOSTS"] = ",".join(_allowed_hosts(address.host))
        if servers.wanted:
            started_at = time.monotonic()
            environment.update(servers.start(address=address.url))
            say(f"Starting {' and '.join(server.name for server in servers.servers)}: {_seconds_since(started_at)}")
        return environment

    def _watch(self) -> None:
        while True:
            time.sleep(0.25)
            for program in list(self.programs):
                if program.process is not None and program.process.poll() is not None:
                    self._start_again(program, program.process.returncode)
            for server in self.servers.servers if self.servers else []:
                if server.process is not None and server.process.poll() is not None:
                    _restart(server.name, server.process.returncode, server.start, server.starts)

    def _start_again(self, program: Program, status: int) -> None:
        try:
            _restart(program.name, status, program.start, program.starts)
        except LaunchError as error:
            if program.is_needed:
                raise
            say(f"{error} The portal goes on without it.")
            self.programs.remove(program)


def _restart(name: str, status: int, start: Callable[[], None], starts: list[float]) -> None:
    now = time.monotonic()
    starts[:] = [moment for moment in starts if now - moment < 60] + [now]
    if len(starts) > RESTARTS_PER_MINUTE:
        raise LaunchError(f"{name} stopped {len(starts)} times within a minute (status {status}): see var/log.")
    start()
    say(f"{name} stopped unexpectedly (status {status}) and was started again.")


def _programs(address: Address, environment: dict[str, str]) -> list[Program]:
    gunicorn = ["--bind", address.bind, "--worker-class", "gthread", "--threads", "2", "--graceful-timeout", "8"]
    quiet = ["--no-control-socket", "--log-level", "warning"]
    worker = ["manage.py", "procrastinate", "worker", "--shutdown-graceful-timeout", "8"]
    # The worker ends politely only while its database lives, and that ends together with the launcher.
    return [
        Program("The web server", [*_python("gunicorn"), "tradeportal.wsgi", *gunicorn, *quiet], environment),
        Program("The worker", [sys.executable, *worker], environment, death_signal=signal.SIGKILL),
    ]


def _python(module: str) -> list[str]:
    return [sys.executable, "-m", module]


def _wait_for_page(address: Address, web: Program) -> None:
    give_up_at = time.monotonic() + READY_TIMEOUT_S
    while not _answers(address):
        if web.process is not None and web.process.poll() is not None:
            raise LaunchError(f"The web server ended with status {web.process.returncode}; its words are above.")
        if time.monotonic() > give_up_at:
            raise LaunchError(f"No page came from {address.url} within {READY_TIMEOUT_S:.0f} s.")
        time.sleep(0.05)


def _answers(address: Address) -> bool:
    connection = http.client.HTTPConnection(address.reachable_host, address.port, timeout=20)
    try:
        connection.request("GET", "/api/v1/health/")
        return connection.getresponse().status > 0
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _allowed_hosts(host: str) -> list[str]:
    """Names under which a browser may ask for the portal, for a server that listens on `host`."""
    names = {"127.0.0.1", "localhost", "[::1]", host}
    if host in {"0.0.0.0", "::"}:
        names |= {socket.gethostname(), socket.getfqdn(), _outward_address()}
    return sorted(f"[{name}]" if ":" in name and not name.startswith("[") else name for name in names)


def _outward_address() -> str:
    """This machine's address on the way out; connecting a UDP socket sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


def _seconds_since(moment: float) -> str:
    return f"done in {time.monotonic() - moment:.1f} s"


if __name__ == "__main__":
    sys.exit(main())
