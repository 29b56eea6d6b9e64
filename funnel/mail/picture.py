"""A picture as mail programs show it: read with care, cleaned, made small.

Every mail program shows JPEG and PNG; Outlook on Windows does not know WebP. So
those two come out, whatever went in.
"""

import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = ("JPEG", "PNG", "GIF", "WEBP")  # never SVG: it is a program
MOST_IN, MOST_OUT = 10_000_000, 500_000  # bytes
MOST_PIXELS = 50_000_000  # what a telephone makes; a bomb has more
MOST_WIDTH, MOST_HEIGHT = 1200, 2400  # twice what a letter shows: sharp on a phone
NARROWER = (MOST_WIDTH, 900, 600)
QUALITIES = (86, 76, 66, 50)
NAME = re.compile(
    r"[0-9a-f]{20}-(?P<width>[1-9]\d{0,3})x[1-9]\d{0,3}\.(?P<end>jpg|png)"
)
TYPES = {"jpg": "image/jpeg", "png": "image/png"}
_KINDS = {"JPEG": "jpg", "PNG": "png"}
_BROKEN = (
    *(UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError),
    *(Image.DecompressionBombError, Image.DecompressionBombWarning),
)
"""What Pillow raises for bytes that are no picture, or a broken one."""


class BadPicture(Exception):  # noqa: N818 - it names what was found
    """It cannot be used, for a reason as a key: size, pixels, format, moves, name."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A finished picture."""

    data: bytes
    width: int
    height: int
    ending: str

    @property
    def name(self) -> str:
        """Return a name that no other content has, and that says how large it is."""
        digest = hashlib.sha256(self.data).hexdigest()[:20]
        return f"{digest}-{self.width}x{self.height}.{self.ending}"


def width(name: str) -> int:
    """Return how many dots wide the picture of this name is."""
    found = NAME.fullmatch(name)
    return int(found["width"]) if found else 0


def finished(data: bytes) -> Picture:
    """Return a file made anew for mails: no metadata, no larger than is shown.

    Raises:
        BadPicture: It is none, it moves, or it cannot be made small enough.
    """
    image, kind = opened(data)
    for width in NARROWER:
        small = image.copy()
        small.thumbnail((width, MOST_HEIGHT))
        for ending, out in _encoded(small, kind):
            if len(out) <= MOST_OUT:
                return Picture(out, *small.size, ending)
    raise BadPicture("size")


def kept(name: str, data: bytes) -> Picture:
    """Return a finished picture that comes back under its own name.

    Raises:
        BadPicture: The name is not that of this content.
    """
    image, kind = opened(data)
    found = Picture(data, *image.size, _KINDS.get(kind, ""))
    if found.name != name or len(data) > MOST_OUT:
        raise BadPicture("name")
    return found


def opened(data: bytes) -> tuple[Image.Image, str]:
    """Return the decoded picture, upright, and its format.

    Raises:
        BadPicture: It is none, too large for us, or moves.
    """
    if len(data) > MOST_IN:
        raise BadPicture("size")
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as found:
            if found.width * found.height > MOST_PIXELS:
                raise BadPicture("pixels")
            kind = "JPEG" if found.format in {"JPEG", "MPO"} else str(found.format)
            if kind != "JPEG" and getattr(found, "is_animated", False):
                raise BadPicture("moves")
            found.draft("RGB", (2 * MOST_WIDTH, 2 * MOST_HEIGHT))
            return _plain(ImageOps.exif_transpose(found)), kind
    except _BROKEN as problem:
        raise BadPicture("format") from problem


def _plain(image: Image.Image) -> Image.Image:
    """Return its dots and nothing else; see-through only where it really is."""
    mode = "RGBA" if image.has_transparency_data else "RGB"
    plain = image.convert(mode)
    if mode == "RGBA" and plain.getchannel("A").getextrema() == (255, 255):
        plain = plain.convert("RGB")
    plain.info = {}  # notes, places, profiles: PNG would write them out again
    return plain


def _encoded(image: Image.Image, kind: str) -> Iterator[tuple[str, bytes]]:
    """Yield the ways to write it, the best-looking first."""
    if image.mode == "RGBA":
        yield "png", _written(image, "PNG", optimize=True)
        yield "png", _written(image.quantize(256), "PNG", optimize=True)
        return
    photos = (_jpeg(image, quality) for quality in QUALITIES)
    if kind != "JPEG":  # a drawing or a screenshot is smaller and sharper as PNG
        drawing, photo = _written(image, "PNG", optimize=True), next(photos)
        yield ("png", drawing) if len(drawing) <= len(photo) else ("jpg", photo)
    yield from (("jpg", photo) for photo in photos)


def _jpeg(image: Image.Image, quality: int) -> bytes:
    return _written(image, "JPEG", quality=quality, optimize=True, progressive=True)


def _written(image: Image.Image, kind: str, **how: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **how)
    return out.getvalue()
