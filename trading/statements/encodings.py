"""Which characters a page is written in. MetaTrader 4 declares nothing and writes the terminal's own code page."""

import codecs
import re
from collections.abc import Callable
from typing import BinaryIO

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CHUNK = 1 << 20
_SAMPLE = 1 << 16
_DECLARED = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?([A-Za-z0-9_\-]{3,20})", re.IGNORECASE)
_HIGH_RUN = re.compile(rb"[A-Za-z\x80-\xff][A-Za-z\x40-\xff]*[\x80-\xff][\x40-\xff]*")


def guess_encoding(source: BinaryIO) -> tuple[str, int]:
    """The encoding of a text file and the length of its byte order mark; the file is left at its start."""
    source.seek(0)
    head = source.read(_SAMPLE)
    for mark, name in _BOMS:
        if head.startswith(mark):
            source.seek(0)
            return name, len(mark)
    encoding = _wide(head) or ("utf-8" if _is_utf8(source) else _declared(head) or _code_page(source))
    source.seek(0)
    return encoding, 0


def _wide(head: bytes) -> str | None:
    """UTF-16 without a mark: every other byte of mostly Latin markup is zero."""
    pairs = max(1, len(head) // 2)
    if head[1::2].count(0) > pairs * 0.6:
        return "utf-16-le"
    if head[0::2].count(0) > pairs * 0.6:
        return "utf-16-be"
    return None


def _is_utf8(source: BinaryIO) -> bool:
    source.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while chunk := source.read(_CHUNK):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        # A character cut in two at the very end is a cut file, not another encoding.
        return error.reason == "unexpected end of data"
    return True


def _declared(head: bytes) -> str | None:
    match = _DECLARED.search(head)
    if match is None:
        return None
    try:
        name = codecs.lookup(match[1].decode("ascii")).name
    except LookupError:
        return None
    # A page that says UTF-16 in bytes that are plainly single is only a leftover of a conversion.
    return None if name.startswith("utf") else name


def _code_page(source: BinaryIO) -> str:
    """The code page under which the page's own words look most like words."""
    sample = bytearray()
    source.seek(0)
    while len(sample) < _SAMPLE and (chunk := source.read(_CHUNK)):
        sample += b" ".join(_HIGH_RUN.findall(chunk))
    runs = bytes(sample[:_SAMPLE])
    best = max(_PLAUSIBLE, key=lambda name: _score(runs, name))
    return best if _score(runs, best) > 0 else "cp1252"


def _score(runs: bytes, name: str) -> float:
    text = runs.decode(name, errors="replace")
    high = [character for character in text if ord(character) > 0x7F]
    if not high:
        return 0.0
    good = _PLAUSIBLE[name](text)
    bad = sum(character == "\ufffd" for character in high)
    # Bytes explained per byte of the sample, so that two-byte and one-byte readings compare fairly.
    width = len("".join(high).encode(name, errors="replace")) / len(high)
    return (good - 3 * bad) * width / max(1, len(runs))


def _cyrillic(text: str) -> float:
    # A word of two scripts (`\u0408ukasz`) is another code page misread.
    words = re.findall("(?<![A-Za-z\u0400-\u04ff])[\u0400-\u04ff]+(?![A-Za-z\u0400-\u04ff])", text)
    tidy_words = [word for word in words if word[1:] == word[1:].lower() or word == word.upper()]
    return float(sum(len(word) for word in tidy_words if len(word) > 1))


def _common_hanzi(text: str) -> float:
    """Characters of GB2312's first level: the 3 755 that everyday Chinese is written in."""
    return float(sum(_lead(character, "gb2312") in range(0xB0, 0xD8) for character in text))


def _japanese(text: str) -> float:
    kana = sum("\u3041" <= character <= "\u30fe" for character in text)
    kanji = sum(_lead(character, "cp932") in range(0x88, 0x98) for character in text if character >= "\u4e00")
    narrow = sum("\uff61" <= character <= "\uff9f" for character in text)
    return kana * 1.2 + kanji - narrow


def _hangul(text: str) -> float:
    return float(sum(_lead(character, "euc-kr") in range(0xB0, 0xC9) for character in text))


def _traditional(text: str) -> float:
    return float(sum(_lead(character, "big5") in range(0xA4, 0xC7) for character in text)) * 0.9


def _letters(letters: str) -> Callable[[str], float]:
    """Counts these accented letters where they stand in a word: `Cuenta de demostraci\u00f3n`."""
    some = f"[{letters}]"
    inside = re.compile(f"(?<=[A-Za-z]){some}|{some}(?=[a-z])|(?<={some}){some}|{some}(?={some})")
    return lambda text: float(len(inside.findall(text)))


#: Of Western Europe without the letters of Iceland, of Central Europe, of Turkey.
_WESTERN = "\u00c0-\u00cf\u00d1-\u00d6\u00d8-\u00dc\u00df-\u00ef\u00f1-\u00f6\u00f8-\u00fc\u00ff"
_CENTRAL = (
    "".join(
        chr(code)
        for low, high in (
            (0x102, 0x107),
            (0x10C, 0x111),
            (0x118, 0x11B),
            (0x139, 0x148),
            (0x150, 0x151),
            (0x154, 0x165),
        )
        for code in range(low, high + 1)
    )
    + "\u016e-\u0171\u0179-\u017e\u00c1\u00c9\u00cd\u00d3\u00d6\u00da\u00dc\u00dd\u00e1\u00e9\u00ed\u00f3\u00f6\u00fa\u00fc\u00fd"
)
_TURKISH = "\u011e\u011f\u0130\u0131\u015e\u015f\u00c7\u00e7\u00d6\u00f6\u00dc\u00fc"


def _lead(character: str, name: str) -> int:
    if character < "\u0080":
        return 0
    try:
        data = character.encode(name)
    except UnicodeEncodeError:
        return 0
    return data[0] if len(data) == 2 else 0


_PLAUSIBLE: dict[str, Callable[[str], float]] = {
    "cp1251": _cyrillic,
    "gbk": _common_hanzi,
    "cp932": _japanese,
    "euc-kr": _hangul,
    "big5": _traditional,
    "cp1252": _letters(_WESTERN),
    "cp1250": _letters(_CENTRAL),
    "cp1254": _letters(_TURKISH),
}
