"""The bytes of a file as a seekable stream, whether they came as bytes, as an upload or as a path."""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

Source = bytes | BinaryIO | os.PathLike[str]


@contextmanager
def opened(source: Source) -> Iterator[BinaryIO]:
    """Yields the source at its first byte; closes only what it opened."""
    if isinstance(source, bytes):
        yield io.BytesIO(source)
    elif isinstance(source, os.PathLike):
        with Path(source).open("rb") as stream:
            yield stream
    else:
        source.seek(0)
        yield source


def size_of(stream: BinaryIO) -> int:
    """The length in bytes; the stream is left at its start."""
    size = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    return size
