"""Servers and settings of a test run, ready on import: conftest.py imports this before anything of Django.

With DATABASE_URL and REDIS_URL set, those servers are used. Otherwise PostgreSQL and Valkey start in var/test/<process>,
which goes away with the run; what a killed run left there is removed by the next one. Of several processes each starts its
own, except the one that hands the tests out: it runs none.
"""

import atexit
import fcntl
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import django

from tradeportal.local import LocalServers, var_directory

TEST_SETTINGS = {
    "DJANGO_SETTINGS_MODULE": "tradeportal.settings",
    "SECRET_KEY": "for-tests-alone-0123456789-0123456789-0123456789",
    "EMAIL_BACKEND": "django.core.mail.backends.locmem.EmailBackend",
    "LOG_LEVEL": "WARNING",
    # Each call asks the database for the state of its trader, since tests change rows behind the portal's back.
    "ANSWERS_MARK_S": "0",
}


def _start_servers(home: Path) -> None:
    if "PYTEST_XDIST_WORKER" not in os.environ:
        _remove_leftovers(home)
    if _hands_out():
        return
    directory = home / str(os.getpid())
    servers = LocalServers(directory, os.environ, throwaway=True)
    if not servers.wanted:
        return
    os.environ.update(servers.start())

    def clean_up(owner: int = os.getpid()) -> None:
        if os.getpid() == owner:
            servers.remove()

    atexit.register(clean_up)


def _hands_out() -> bool:
    """Whether this process leaves the tests to others."""
    is_asked = any(option.startswith(("-n", "--numprocesses")) for option in sys.argv[1:])
    return is_asked and "PYTEST_XDIST_WORKER" not in os.environ


def _remove_leftovers(home: Path) -> None:
    for lock_path in home.glob("*/servers.lock"):
        with lock_path.open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            shutil.rmtree(lock_path.parent, ignore_errors=True)


def _set_up_django() -> None:
    for name, value in TEST_SETTINGS.items():
        os.environ[name] = value
    from django.conf import settings

    # Hashed static names need `collectstatic`, and a slow password hash is not what the tests are about.
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    # A machine busy with tests may answer late; a kept answer that is given up for lost would cost queries again.
    caches: dict[str, Any] = settings.CACHES
    caches["default"]["OPTIONS"] |= {"SOCKET_CONNECT_TIMEOUT": 20, "SOCKET_TIMEOUT": 20}
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # WhiteNoise warns in every test when its directory is missing.
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
    django.setup()
    if _hands_out():
        # The others inherit the environment; with this name in it they would read the settings before their servers run.
        del os.environ["DJANGO_SETTINGS_MODULE"]


_start_servers(var_directory() / "test")
_set_up_django()
