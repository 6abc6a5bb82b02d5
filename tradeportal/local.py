"""What a checkout without configuration runs on: secrets made once, and embedded servers shared by its commands.

`make run` starts the servers and writes down where they are; `manage.py` in another terminal finds them there, or starts
them for its own duration. Variables that are already set always win, then those of `.env`.
"""

from __future__ import annotations

import atexit
import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from pathlib import Path
from typing import IO

from tradeportal.embedded import EmbeddedError, PostgresServer, Server, ValkeyServer

ROOT = Path(__file__).resolve().parent.parent
_TYPED_BY_PEOPLE = {"demo_password", "staff_password"}
Environment = MutableMapping[str, str]


def var_directory(environment: Mapping[str, str] = os.environ) -> Path:
    return Path(environment.get("VAR_DIR") or ROOT / "var").resolve()


# ---- Variables and secrets ------------------------------------------------------------------------------------------
def read_env_file(path: Path, environment: Environment) -> None:
    """Sets the variables of a .env file (NAME=value lines) that are not set yet; an empty value sets nothing."""
    if not path.exists():
        return
    for line in path.read_text().splitlines():
        name, _, value = line.strip().partition("=")
        value = value.strip().strip("\"'")
        if value and not name.startswith("#"):
            environment.setdefault(name.strip(), value)


class Secrets:
    """Random texts of this installation, made at first use and kept in one file that only its owner may read."""

    def __init__(self, var: Path) -> None:
        self._path = var / "secrets.json"

    def get(self, name: str) -> str:
        known = self._read()
        if name not in known:
            known[name] = secrets.token_urlsafe(9 if name in _TYPED_BY_PEOPLE else 32)
            write_privately(self._path, known)
        return known[name]

    def has(self, name: str) -> bool:
        return name in self._read()

    def _read(self) -> dict[str, str]:
        try:
            return dict(json.loads(self._path.read_text()))
        except FileNotFoundError:
            return {}
        except ValueError:
            raise EmbeddedError(f"{self._path} is damaged: remove it, and new passwords are made.") from None


def write_privately(path: Path, content: Mapping[str, object]) -> None:
    """Replaces the file in one step; its mode is 600 from the first byte."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(content, file, indent=1)
    draft.replace(path)


# ---- Servers --------------------------------------------------------------------------------------------------------
class AlreadyRunning(EmbeddedError):
    """Another process of this checkout holds the servers."""


class LocalServers:
    """The embedded servers that the environment leaves open, under a lock, so that a directory has one owner."""

    def __init__(
        self, var: Path, environment: Mapping[str, str], *, throwaway: bool = False, counts_statements: bool = False
    ) -> None:
        self.var = var
        self.servers: list[Server] = []
        self._lock: IO[str] | None = None
        self._wants_postgres = not environment.get("DATABASE_URL")
        self._wants_valkey = not environment.get("REDIS_URL")
        self._options = {"throwaway": throwaway, "counts_statements": counts_statements}

    @property
    def wanted(self) -> bool:
        return self._wants_postgres or self._wants_valkey

    def start(self, **note: object) -> dict[str, str]:
        """Starts them, notes where they are, and returns the variables that lead to them."""
        self.lock()
        try:
            return self._start(note)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Valkey first, then PostgreSQL; the note and the lock go with them."""
        while self.servers:
            self.servers.pop().stop()
        if self._lock is not None:
            (self.var / "servers.json").unlink(missing_ok=True)
            self._lock.close()
            self._lock = None

    def remove(self) -> None:
        """Stops the servers and removes their directory: for throw-away ones."""
        self.stop()
        shutil.rmtree(self.var, ignore_errors=True)

    def _start(self, note: Mapping[str, object]) -> dict[str, str]:
        secret, logs = Secrets(self.var), self.var / "log"
        found: dict[str, str] = {}
        if self._wants_postgres:
            new_password = not secret.has("database_password")
            postgres = PostgresServer(
                self.var / "postgres", logs / "postgres.log", secret.get("database_password"), **self._options
            )
            if new_password and (postgres.directory / "PG_VERSION").exists():
                postgres.set_password()
            self.servers.append(postgres)
            postgres.start()
            found["DATABASE_URL"] = postgres.url
        if self._wants_valkey:
            valkey = ValkeyServer(self.var / "valkey", logs / "valkey.log", secret.get("valkey_password"))
            self.servers.append(valkey)
            valkey.start()
            found["REDIS_URL"] = valkey.url
        for server in self.servers:
            server.wait_until_ready()
        write_privately(self.var / "servers.json", {"pid": os.getpid(), **note, "urls": found})
        return found

    def lock(self) -> None:
        """Makes this process the owner of the directory. Errors: AlreadyRunning."""
        if self._lock is not None:
            return
        self.var.mkdir(parents=True, exist_ok=True)
        self._lock = (self.var / "servers.lock").open("a")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.close()
            self._lock = None
            running = read_note(self.var)
            where = f" at {running['address']}" if running.get("address") else ""
            raise AlreadyRunning(
                f"TradePortal already runs in this checkout{where} (process {running.get('pid', 'unknown')}): "
                "stop it first, or use it."
            ) from None


def read_note(var: Path) -> dict[str, object]:
    """Where the servers of this checkout are, as their owner wrote it down; empty when nobody did."""
    with suppress(OSError, ValueError):
        return dict(json.loads((var / "servers.json").read_text()))
    return {}


def provide_environment(environment: Environment = os.environ) -> None:
    """Sets SECRET_KEY, DATABASE_URL and REDIS_URL where they are missing, for this process and its children.

    EMBEDDED_SERVERS=false (a container image, a production host) leaves everything to the environment.
    """
    read_env_file(ROOT / ".env", environment)
    if environment.get("EMBEDDED_SERVERS", "true").lower() in {"0", "false", "no", "off"}:
        return
    var = var_directory(environment)
    if not environment.get("SECRET_KEY"):
        environment["SECRET_KEY"] = Secrets(var).get("secret_key")
    if environment.get("DATABASE_URL") and environment.get("REDIS_URL"):
        return
    servers = LocalServers(var, environment)
    try:
        urls = servers.start()
    except AlreadyRunning:
        urls = _urls_of(read_note(var))
    else:
        atexit.register(servers.stop)
    for name, url in urls.items():
        environment[name] = environment.get(name) or url


def _urls_of(note: Mapping[str, object]) -> dict[str, str]:
    urls = note.get("urls")
    if not isinstance(urls, dict):
        raise EmbeddedError("TradePortal is just starting in this checkout: try again in a moment.")
    return {str(name): str(url) for name, url in urls.items()}
