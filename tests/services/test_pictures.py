"""What becomes of a file that claims to be a picture."""

import io
import struct
import zlib

import pytest
from PIL import Image

from tests import make
from trading.errors import PictureRefused
from trading.pictures import MAX_SIDE, THUMBNAIL_SIDE, remake


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_header(width: int, height: int) -> bytes:
    """The start of a PNG that says it is this large, and little else."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_every_known_kind_becomes_webp(kind: str) -> None:
    made = remake(make.picture(600, 400, kind))
    assert (made.width, made.height) == (600, 400)
    assert opened(made.image).format == "WEBP"
    assert opened(made.thumbnail).size == (480, 320)


def test_a_large_picture_is_made_smaller_and_keeps_its_shape() -> None:
    made = remake(make.picture(4000, 1000))
    assert (made.width, made.height) == (MAX_SIDE, 640)
    assert opened(made.thumbnail).size == (THUMBNAIL_SIDE, 120)


def test_a_photo_is_turned_upright_and_forgets_where_it_was_taken() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # held on its side
    exif[0x8825] = {1: "N", 2: (52.0, 31.0, 0.0)}  # where
    made = remake(make.picture(60, 30, "JPEG", exif=exif))
    assert (made.width, made.height) == (30, 60)
    kept = opened(made.image)
    assert dict(kept.getexif()) == {}
    assert b"EXIF" not in made.image


def test_of_a_moving_picture_the_first_frame_stays() -> None:
    written = io.BytesIO()
    first, second = Image.new("RGB", (20, 20), (200, 0, 0)), Image.new("RGB", (20, 20), (0, 0, 200))
    first.save(written, "GIF", save_all=True, append_images=[second])
    kept = opened(remake(written.getvalue()).image)
    assert getattr(kept, "n_frames", 1) == 1
    red, _green, blue = kept.convert("RGB").getpixel((10, 10))  # type: ignore[misc]
    assert red > 150
    assert blue < 50


def test_transparency_and_sixteen_bits_of_grey_survive() -> None:
    written = io.BytesIO()
    Image.new("RGBA", (20, 20), (10, 200, 30, 0)).save(written, "PNG")
    assert opened(remake(written.getvalue()).image).convert("RGBA").getpixel((5, 5))[3] == 0  # type: ignore[index]
    written = io.BytesIO()
    Image.new("I;16", (20, 20), 0x8000).save(written, "PNG")
    grey = opened(remake(written.getvalue()).image).convert("L").getpixel((5, 5))
    assert abs(grey - 128) < 5  # type: ignore[operator]


def test_a_page_hidden_in_a_picture_is_gone() -> None:
    picture = make.picture()
    evil = b"<html><script>alert(document.cookie)</script></html>"
    text = chunk(b"tEXt", b"Comment\0" + evil)
    polyglot = picture[:33] + text + picture[33:] + evil  # after the header, and after the end
    assert opened(polyglot).size == (40, 30)
    made = remake(polyglot)
    for kept in (made.image, made.thumbnail):
        assert b"script" not in kept
        assert kept[:4] == b"RIFF"
        assert kept[8:12] == b"WEBP"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"just words",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"%PDF-1.7\n",
        b"<html><body>no</body></html>",
        b"II*\0\x08\0\0\0",  # TIFF, which has readers of its own
        b"BM" + b"\0" * 60,
        b"\x89PNG\r\n\x1a\n",
        b"GIF89a",
        b"RIFF\x10\0\0\0WEBPVP8 ",
    ],
)
def test_what_is_no_picture_of_a_known_kind_is_refused(content: bytes) -> None:
    with pytest.raises(PictureRefused):
        remake(content)


@pytest.mark.parametrize(
    ("width", "height"), [(5001, 5000), (8000, 8000), (65_000, 65_000), (2**31 - 1, 2**31 - 1), (25_000_001, 1)]
)
def test_a_bomb_is_refused_by_its_header(width: int, height: int) -> None:
    content = png_header(width, height)
    assert len(content) < 200
    with pytest.raises(PictureRefused) as refused:
        remake(content)
    assert refused.value.code == "picture_too_many_pixels"


def test_a_bomb_of_text_is_refused() -> None:
    """A compressed comment of many megabytes."""
    bomb = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"A" * 80_000_000, 9))
    picture = make.picture()
    with pytest.raises(PictureRefused):
        remake(picture[:33] + bomb + picture[33:])


def test_a_header_that_lies_about_what_follows_is_refused() -> None:
    with pytest.raises(PictureRefused) as refused:
        remake(png_header(4000, 4000))
    assert refused.value.code == "picture_damaged"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_file_that_ends_early_never_does_anything_but_be_refused(kind: str) -> None:
    whole = make.picture(200, 200, kind)
    for share in (0.1, 0.3, 0.6, 0.9):
        try:
            made = remake(whole[: int(len(whole) * share)])
        except PictureRefused:
            continue
        assert (made.width, made.height) == (200, 200)  # the rest was not needed
