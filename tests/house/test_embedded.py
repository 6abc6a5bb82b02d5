"""Embedded servers: they start, keep data, mend what a crash left, and end with their owner."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from tradeportal.embedded import EmbeddedError, PostgresServer
from tradeportal.local import ROOT, AlreadyRunning, LocalServers, Secrets, provide_environment, read_env_file
from tradeportal.privileges import CAP_DAC_OVERRIDE, Identity, able_to_reach, child_setup, unprivileged_user

OWNER_PROGRAM = """
import sys, time
from pathlib import Path
from tradeportal.local import LocalServers
servers = LocalServers(Path(sys.argv[1]), {}, throwaway=True)
print(servers.start()["DATABASE_URL"], flush=True)
time.sleep(60)
"""


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[LocalServers]:
    servers = LocalServers(tmp_path / "var", {}, throwaway=True)
    yield servers
    servers.stop()


def query(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement)
        return list(cursor.fetchall()) if cursor.description else []


def processes_below(directory: Path) -> list[str]:
    """Command lines of processes that work below the directory (zombies have no directory)."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if os.readlink(entry / "cwd").startswith(str(directory)):
                found.append((entry / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return found


def wait_until_gone(directory: Path, timeout_s: float = 10) -> list[str]:
    give_up_at = time.monotonic() + timeout_s
    while (left := processes_below(directory)) and time.monotonic() < give_up_at:
        time.sleep(0.05)
    return left


def test_both_servers_answer_with_their_passwords(servers: LocalServers) -> None:
    urls = servers.start()
    assert query(urls["DATABASE_URL"], "select 1 + 1") == [(2,)]
    assert redis.Redis.from_url(urls["REDIS_URL"]).ping()


def test_nobody_gets_in_without_the_password(servers: LocalServers) -> None:
    urls = servers.start()
    port = urls["DATABASE_URL"].rsplit(":", 1)[1]
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(f"postgresql://postgres@127.0.0.1:{port}")
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(port=int(urls["REDIS_URL"].rsplit(":", 1)[1].split("/")[0])).ping()


def test_the_role_is_no_superuser(servers: LocalServers) -> None:
    url = servers.start()["DATABASE_URL"]
    assert query(url, "select rolsuper, rolcreatedb from pg_roles where rolname = current_user") == [(False, True)]


def test_data_survive_a_restart(servers: LocalServers) -> None:
    query(servers.start()["DATABASE_URL"], "create table kept as select 42 as answer")
    servers.stop()
    assert query(servers.start()["DATABASE_URL"], "select answer from kept") == [(42,)]


def test_stopping_leaves_no_process(servers: LocalServers) -> None:
    servers.start()
    assert processes_below(servers.var)
    servers.stop()
    assert processes_below(servers.var) == []


def test_a_server_of_a_killed_run_and_its_stale_pid_are_cleared_away(servers: LocalServers) -> None:
    servers.start()
    servers.stop()
    postgres = servers.var / "postgres"
    # The pid of a living process that is no PostgreSQL: what a reboot makes of an old pid file.
    (postgres / "postmaster.pid").write_text(f"{os.getpid()}\n{postgres}\n1\n5432\n\n127.0.0.1\n0 0\nready\n")
    assert query(servers.start()["DATABASE_URL"], "select 1") == [(1,)]


def test_a_postgres_that_outlived_its_owner_is_ended(servers: LocalServers, tmp_path: Path) -> None:
    password = Secrets(servers.var).get("database_password")
    stray = PostgresServer(servers.var / "postgres", tmp_path / "stray.log", password, throwaway=True)
    stray.start()
    stray.wait_until_ready()
    assert stray.process is not None
    assert query(servers.start()["DATABASE_URL"], "select 1") == [(1,)]
    assert stray.process.wait(5) == 0


def test_an_interrupted_creation_is_done_again(servers: LocalServers) -> None:
    draft = servers.var / "postgres.new"
    draft.mkdir(parents=True)
    (draft / "half").write_text("made")
    assert query(servers.start()["DATABASE_URL"], "select 1") == [(1,)]
    assert not draft.exists()


def test_a_crash_of_postgres_is_recovered_from(tmp_path: Path) -> None:
    lasting = LocalServers(tmp_path / "var", {})
    try:
        query(lasting.start()["DATABASE_URL"], "create table kept as select 42 as answer")
        postgres = lasting.servers[0]
        assert postgres.process is not None
        postgres.process.kill()
        postgres.process.wait()
        postgres.start()
        postgres.wait_until_ready()
        assert query(postgres.url, "select answer from kept") == [(42,)]
    finally:
        lasting.stop()


def test_lost_secrets_are_replaced_by_new_ones(servers: LocalServers) -> None:
    servers.start()
    servers.stop()
    (servers.var / "secrets.json").unlink()
    assert query(servers.start()["DATABASE_URL"], "select 1") == [(1,)]


def test_damaged_secrets_are_named(servers: LocalServers) -> None:
    Secrets(servers.var).get("secret_key")
    (servers.var / "secrets.json").write_text("{")
    with pytest.raises(EmbeddedError, match=r"secrets\.json is damaged"):
        servers.start()


def test_secrets_are_for_their_owner_alone(tmp_path: Path) -> None:
    Secrets(tmp_path).get("secret_key")
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600


def test_a_directory_of_another_version_is_refused_and_kept(servers: LocalServers) -> None:
    servers.start()
    servers.stop()
    version = servers.var / "postgres" / "PG_VERSION"
    version.write_text("13\n")
    with pytest.raises(EmbeddedError, match="made by PostgreSQL 13"):
        servers.start()
    assert version.exists()


def test_a_second_owner_is_told_who_the_first_is(servers: LocalServers) -> None:
    servers.start(address="http://127.0.0.1:8000/")
    with pytest.raises(AlreadyRunning, match=rf"at http://127.0.0.1:8000/ \(process {os.getpid()}\)"):
        LocalServers(servers.var, {}).start()


def test_given_servers_are_used_and_none_is_started(tmp_path: Path) -> None:
    given = {"DATABASE_URL": "postgresql://u@h/n", "REDIS_URL": "redis://h/0", "VAR_DIR": str(tmp_path)}
    environment = dict(given)
    provide_environment(environment)
    assert {name: environment[name] for name in given} == given
    assert environment["SECRET_KEY"]
    assert processes_below(tmp_path) == []


def test_a_command_finds_the_servers_of_a_running_portal(servers: LocalServers) -> None:
    urls = servers.start()
    environment = {"VAR_DIR": str(servers.var)}
    provide_environment(environment)
    assert environment["DATABASE_URL"] == urls["DATABASE_URL"]
    assert environment["REDIS_URL"] == urls["REDIS_URL"]


def test_a_container_starts_no_servers(tmp_path: Path) -> None:
    environment = {"VAR_DIR": str(tmp_path), "EMBEDDED_SERVERS": "false"}
    provide_environment(environment)
    assert "DATABASE_URL" not in environment


def test_the_env_file_fills_gaps_only(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("# a comment\nPORT=9000\nHOST='0.0.0.0'\nDATABASE_URL=\n")
    environment = {"PORT": "8001"}
    read_env_file(tmp_path / ".env", environment)
    assert environment == {"PORT": "8001", "HOST": "0.0.0.0"}


def test_a_killed_owner_takes_its_servers_along(tmp_path: Path) -> None:
    var = tmp_path / "var"
    owner = subprocess.Popen([sys.executable, "-c", OWNER_PROGRAM, str(var)], cwd=ROOT, stdout=subprocess.PIPE)
    assert owner.stdout is not None
    url = owner.stdout.readline().decode().strip()
    assert query(url, "select 1") == [(1,)]
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    assert wait_until_gone(var) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has a directory that only root may enter")
def test_works_below_a_directory_that_only_root_may_enter(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    servers = LocalServers(home / "checkout" / "var", {}, throwaway=True)
    try:
        assert query(servers.start()["DATABASE_URL"], "select 1") == [(1,)]
        process = servers.servers[0].process
        assert process is not None
        assert Path(f"/proc/{process.pid}").stat().st_uid == unprivileged_user().uid
        assert home.stat().st_mode & 0o777 == 0o700
    finally:
        servers.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can lock others out of its programs")
def test_runs_programs_that_only_root_may_read(tmp_path: Path) -> None:
    program = tmp_path / "shut" / "true"
    program.parent.mkdir(mode=0o700)
    shutil.copy("/bin/true", program)
    program.chmod(0o700)
    identity = able_to_reach(unprivileged_user(), tmp_path, program, program)
    assert identity is not None
    assert identity.capabilities == (CAP_DAC_OVERRIDE,)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_keeps_no_capability_where_the_way_is_open() -> None:
    identity = able_to_reach(unprivileged_user(), Path("/"), Path("/bin/true"), Path("/etc/passwd"))
    assert identity is not None
    assert identity.capabilities == ()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_an_unprivileged_child_cannot_gain_privileges() -> None:
    user = unprivileged_user()
    status = subprocess.run(
        ["cat", "/proc/self/status"],
        preexec_fn=child_setup(Identity(user.uid, user.gid)),
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    facts = dict(line.split(":", 1) for line in status.splitlines())
    assert facts["Uid"].split() == [str(user.uid)] * 4
    assert int(facts["CapEff"], 16) == 0
    assert facts["NoNewPrivs"].strip() == "1"


def test_counts_statements_for_who_asks_for_it_beside_the_portals_own_database(tmp_path: Path) -> None:
    servers = LocalServers(tmp_path / "var", {}, throwaway=True, counts_statements=True)
    try:
        url = servers.start()["DATABASE_URL"]
        query(url, "SELECT 4711")
        counted = query(url.rpartition("/")[0] + "/postgres", "SELECT query, calls FROM pg_stat_statements")
        assert any(calls == 1 for _text, calls in counted)
        assert query(url, "SELECT count(*) FROM pg_extension WHERE extname = 'pg_stat_statements'") == [(0,)]
    finally:
        servers.stop()
