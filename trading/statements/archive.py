"""Opens an XLSX archive and hands out its members without ever inflating more than a statement can need."""

import struct
import zipfile
import zlib
from typing import BinaryIO

from trading.errors import StatementRefused
from trading.statements.limits import Limits

_DAMAGED = "This workbook is cut short or damaged. Download the statement again."
_READ_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    OSError,
    ValueError,
)


class Archive:
    """A ZIP file under limits. Errors: StatementRefused for one that is cut, encrypted, or built to fill memory."""

    def __init__(self, source: BinaryIO, limits: Limits) -> None:
        self._limits = limits
        self.inflated = 0
        try:
            self._zip = zipfile.ZipFile(source)
        except _READ_ERRORS as error:
            raise StatementRefused(_DAMAGED, code="truncated") from error
        if len(self._zip.infolist()) > limits.archive_members:
            raise _too_large()
        self.names = {info.filename for info in self._zip.infolist()}

    def open(self, name: str) -> "Member":
        info = self._zip.getinfo(name)
        if info.flag_bits & 1:
            raise StatementRefused(
                "This archive is protected by a password. Save the workbook without one and upload it again.",
                code="encrypted",
            )
        try:
            return Member(self._zip.open(info), info.compress_size, self)  # type: ignore[arg-type]
        except _READ_ERRORS as error:
            raise StatementRefused(_DAMAGED, code="truncated") from error

    def stated_size(self, name: str) -> int:
        """What the archive says a member unpacks to: good enough to show progress, and for nothing else."""
        return self._zip.getinfo(name).file_size

    def count(self, inflated: int, member_inflated: int, member_size: int) -> None:
        """Counts what has come out so far; the sizes that the archive states about itself are not believed."""
        self.inflated += inflated
        limits = self._limits
        is_bomb = member_inflated > limits.ratio_free_bytes and member_inflated > limits.inflation_ratio * max(
            1, member_size
        )
        if is_bomb or self.inflated > limits.inflated_bytes:
            raise _too_large()


class Member:
    """One file of the archive, as a stream for the XML parser."""

    def __init__(self, stream: BinaryIO, size: int, archive: Archive) -> None:
        self._stream, self._size, self._archive = stream, size, archive
        self._inflated = 0

    def read(self, size: int = -1) -> bytes:
        try:
            data = self._stream.read(min(size, 1 << 20) if size > 0 else 1 << 20)
        except _READ_ERRORS as error:
            raise StatementRefused(_DAMAGED, code="truncated") from error
        self._inflated += len(data)
        self._archive.count(len(data), self._inflated, self._size)
        return data


def _too_large() -> StatementRefused:
    return StatementRefused(
        "This archive unpacks to far more than a statement can hold, so it was not opened.", code="too_large"
    )
