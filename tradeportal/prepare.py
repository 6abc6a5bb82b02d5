"""What happens before the first page: migrations, static files when they changed, demo data on an empty database."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import django
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError

from tradeportal.console import about_database


def main() -> None:
    """Prepares, or ends with one sentence where the settings or the database are not as they must be."""
    try:
        _prepare()
    except ImproperlyConfigured as error:
        sys.exit(str(error))
    except OperationalError as error:
        sys.exit(about_database(error))


def _prepare() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tradeportal.settings")
    django.setup()
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=1)
    _collect_static_files()
    call_command("demo", if_empty=True)


def _collect_static_files() -> None:
    """Collects when a file, a package or a setting changed since the last time: hashing all of them takes seconds."""
    from django.conf import settings
    from django.core.management import call_command

    stamp = Path(settings.STATIC_ROOT) / ".collected"
    wanted = _fingerprint(settings.BASE_DIR, settings.STORAGES["staticfiles"]["BACKEND"])
    if stamp.exists() and stamp.read_text() == wanted:
        return
    call_command("collectstatic", interactive=False, clear=stamp.exists(), verbosity=0)
    stamp.write_text(wanted)


def _fingerprint(root: Path, storage: str) -> str:
    digest = hashlib.sha256(storage.encode())
    digest.update((root / "requirements.txt").read_bytes())
    for path in _static_files(root):
        facts = path.stat()
        digest.update(f"{path}:{facts.st_size}:{facts.st_mtime_ns}".encode())
    return digest.hexdigest()


def _static_files(root: Path) -> Iterator[Path]:
    folders = (root / "static", root / "accounts" / "static", root / "trading" / "static")
    yield from sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())


if __name__ == "__main__":
    main()
