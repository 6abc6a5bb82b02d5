"""Keeps uploaded files byte for byte in the database, once per trader, in chunks of 1 MiB."""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from tempfile import SpooledTemporaryFile
from typing import IO, BinaryIO, cast

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Trader
from trading.errors import StatementRefused
from trading.models import StatementFile, StatementFileChunk

CHUNK_BYTES = 1_048_576
SPOOL_BYTES = 4 * CHUNK_BYTES


def keep(trader: Trader, chunks: Iterable[bytes]) -> StatementFile:
    """The kept file of these bytes; the same bytes of the same trader are kept once.

    Errors: StatementRefused (file_too_large) before anything is written.
    """
    with SpooledTemporaryFile(max_size=SPOOL_BYTES) as spool:
        sha256, size = _spool(chunks, spool)
        return _store(trader, sha256, size, spool)


@contextmanager
def opened(kept: StatementFile) -> Iterator[BinaryIO]:
    """The bytes as a seekable stream; memory does not grow with the file."""
    with SpooledTemporaryFile(max_size=SPOOL_BYTES) as spool:
        for data in chunks_of(kept):
            spool.write(data)
        spool.seek(0)
        yield cast(BinaryIO, spool)


def chunks_of(kept: StatementFile) -> Iterator[bytes]:
    """The chunks in order, one query each, so that one of them is in memory at a time."""
    number = 0
    while True:
        data = StatementFileChunk.objects.filter(file=kept, number=number).values_list("data", flat=True).first()
        if data is None:
            return
        yield bytes(data)
        number += 1


def clean_name(name: str) -> str:
    """The last part of a path, fit for a column of 255 characters."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(character for character in last if character.isprintable())[-255:].strip() or "statement"


def _spool(chunks: Iterable[bytes], spool: IO[bytes]) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    for chunk in chunks:
        size += len(chunk)
        if size > settings.STATEMENT_MAX_BYTES:
            raise StatementRefused(
                _("This file is larger than %(size)s MiB. Export a shorter period and upload it in parts.")
                % {"size": f"{settings.STATEMENT_MAX_BYTES / CHUNK_BYTES:.0f}"},
                code="file_too_large",
            )
        digest.update(chunk)
        spool.write(chunk)
    spool.seek(0)
    return digest.hexdigest(), size


@transaction.atomic
def _store(trader: Trader, sha256: str, size: int, spool: IO[bytes]) -> StatementFile:
    # The insert waits for a simultaneous upload of the same bytes, and then finds the file of the other one.
    kept, is_new = StatementFile.objects.get_or_create(trader=trader, sha256=sha256, defaults={"size": size})
    if is_new:
        for number, data in enumerate(iter(lambda: spool.read(CHUNK_BYTES), b"")):
            StatementFileChunk.objects.create(file=kept, number=number, data=data)
    return kept
