"""A picture that somebody sent becomes one of our own making: decoded within bounds, and encoded anew.

Nothing of the file itself is kept, so neither its metadata (place, device) nor whatever else was hidden in it is served.
"""

import io
import struct
from dataclasses import dataclass
from threading import Lock

from PIL import Image, ImageOps, UnidentifiedImageError

from trading.errors import PictureRefused

#: What a picture may have when it is decoded, at 4 bytes each; more is refused by its header alone.
MAX_PIXELS = 25_000_000
#: The longer side of what is kept, and of its thumbnail.
MAX_SIDE = 2560
THUMBNAIL_SIDE = 480
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
_QUALITY = 90
_THUMBNAIL_QUALITY = 80
#: Beyond it Pillow warns, and beyond twice it Pillow itself refuses to go on.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS
#: A decoded picture may take a hundred megabytes: of each web process, only one at a time does.
_one_at_a_time = Lock()
#: What Pillow raises for damaged files, besides its own errors.
_DAMAGED = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, OverflowError, struct.error)


@dataclass(frozen=True, slots=True)
class Picture:
    """Shape: `image` and `thumbnail` are whole WebP files; width and height are those of `image`."""

    width: int
    height: int
    image: bytes
    thumbnail: bytes


def remake(content: bytes) -> Picture:
    """The first frame of a PNG, JPEG, WebP or GIF, turned upright and made smaller where it is large.

    Errors: PictureRefused (picture_unreadable, picture_too_many_pixels).
    """
    with _one_at_a_time:
        try:
            return _remade(content)
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise _too_many_pixels() from error
        except UnidentifiedImageError as error:
            raise PictureRefused from error
        except _DAMAGED as error:
            raise PictureRefused(
                "This picture is damaged and can't be read to its end. Take it again.", code="picture_damaged"
            ) from error


def _remade(content: bytes) -> Picture:
    with Image.open(io.BytesIO(content), formats=_FORMATS) as opened:
        if opened.width * opened.height > MAX_PIXELS:
            raise _too_many_pixels()
        image = _shrunk(opened)
    small = image.copy()
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    return Picture(image.width, image.height, _webp(image, _QUALITY), _webp(small, _THUMBNAIL_QUALITY))


def _shrunk(opened: Image.Image) -> Image.Image:
    """The picture in full colour, at most MAX_SIDE long, upright."""
    opened.draft("RGB", (MAX_SIDE, MAX_SIDE))  # a JPEG is decoded at a half or a quarter where that is enough
    if opened.mode.startswith("I;16"):
        opened = opened.point(lambda value: value / 256)  # 16 bits of grey, which a conversion would cut off at 255
    mode = "RGBA" if opened.has_transparency_data else "RGB"
    # A second copy only where the colours need it: the first one may be a hundred megabytes.
    image = opened if opened.mode == mode else opened.convert(mode)
    image.thumbnail((MAX_SIDE, MAX_SIDE))
    return ImageOps.exif_transpose(image)


def _webp(image: Image.Image, quality: int) -> bytes:
    """A file of the pixels alone: what the source said about itself is not passed on."""
    written = io.BytesIO()
    image.save(written, "WEBP", quality=quality, method=4, exif=b"", xmp=b"", icc_profile=b"")
    return written.getvalue()


def _too_many_pixels() -> PictureRefused:
    return PictureRefused(
        f"This picture has more than {MAX_PIXELS // 1_000_000} million pixels. Make it smaller, or take a part of it.",
        code="picture_too_many_pixels",
    )
