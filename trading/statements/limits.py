"""How much a file may ask of the reader before it is refused."""

from dataclasses import dataclass

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Units: bytes. The defaults hold a statement of some 200,000 trades and stop an archive built to fill memory."""

    file_bytes: int = 512 * MEBIBYTE
    inflated_bytes: int = 2_000 * MEBIBYTE
    inflation_ratio: int = 200  # checked above `ratio_free_bytes` only: small members may compress well
    ratio_free_bytes: int = 20 * MEBIBYTE
    archive_members: int = 2_000
    sheets: int = 50
    row_chars: int = MEBIBYTE
    element_bytes: int = 4 * MEBIBYTE  # of a workbook's XML from one row, or one text, to the next
    part_bytes: int = 8 * MEBIBYTE  # of a part of a workbook that is read as a whole
    rows: int = 1_500_000
    shared_strings: int = 2_000_000
    shared_chars: int = 64 * MEBIBYTE
    problems: int = 1_000


DEFAULT_LIMITS = Limits()
