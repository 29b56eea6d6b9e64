"""A picture made ready for mails: small, clean, still, and named by its content."""

import io
import random
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from funnel.mail import picture
from funnel.mail.picture import BadPicture

RED, GREEN = Image.new("RGB", (320, 200), "red"), Image.new("RGB", (320, 200), "green")


def file(image: Image.Image, kind: str, **how: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **how)
    return out.getvalue()


def noise(width: int, height: int, mode: str = "RGB") -> Image.Image:
    """Return what cannot be made smaller by writing it well."""
    dots = random.Random(1).randbytes(width * height * len(mode))
    return Image.frombytes(mode, (width, height), dots)


def shown(made: picture.Picture) -> Image.Image:
    return Image.open(io.BytesIO(made.data))


def refused(data: bytes) -> str:
    with pytest.raises(BadPicture) as caught:
        picture.finished(data)
    return str(caught.value)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_whatever_goes_in_comes_out_as_every_mail_program_shows_it(kind: str) -> None:
    made = picture.finished(file(RED, kind))

    assert shown(made).format in {"PNG", "JPEG"}
    assert (made.width, made.height) == shown(made).size == (320, 200)
    assert made.name.endswith(f"-320x200.{made.ending}")
    assert picture.width(made.name) == 320


def test_no_place_no_camera_and_no_note_comes_along() -> None:
    exif = Image.Exif()
    exif[0x010E] = "secret garden"
    exif.get_ifd(0x8825)[2] = (52.0, 5.0, 0.0)  # where it was taken
    files = [
        file(RED, "JPEG", exif=exif, comment=b"secret") + b"secret",
        file(RED, "PNG", exif=exif, icc_profile=b"secret"),
        file(RED, "WEBP", exif=exif, xmp=b"secret"),
    ]

    for sent in files:
        made = picture.finished(sent)
        assert b"secret" in sent
        assert b"secret" not in made.data
        assert not shown(made).getexif()


def test_a_photo_of_a_telephone_on_its_side_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turn it a quarter

    made = picture.finished(file(RED, "JPEG", exif=exif))

    assert (made.width, made.height) == (200, 320)


@pytest.mark.parametrize(
    "image",
    [noise(1800, 1350), noise(1400, 900, "RGBA"), noise(500, 3000)],
    ids=["photo", "see-through", "tall"],
)
def test_what_is_large_becomes_small_enough_for_a_mail(image: Image.Image) -> None:
    made = picture.finished(file(image, "PNG", compress_level=1))

    assert len(made.data) <= 500_000
    assert made.width <= 1200
    assert made.height <= 2400


def test_what_is_see_through_stays_so_and_a_photo_becomes_no_large_png() -> None:
    clear = Image.new("RGBA", (300, 200), (10, 20, 30, 90))
    photo = Image.effect_noise((300, 200), 60).convert("RGB")

    assert shown(picture.finished(file(clear, "WEBP"))).mode == "RGBA"
    assert shown(picture.finished(file(photo, "PNG"))).format == "JPEG"


def test_the_same_file_is_the_same_picture_and_keeps_its_name() -> None:
    made = picture.finished(file(RED, "PNG"))

    assert picture.finished(file(RED, "PNG")) == made
    assert picture.finished(file(GREEN, "PNG")).name != made.name
    assert picture.kept(made.name, made.data) == made


def test_a_name_that_is_not_that_of_the_content_is_refused() -> None:
    made, other = (picture.finished(file(one, "PNG")) for one in (RED, GREEN))
    heavy = file(noise(700, 700), "PNG")

    for name, data in (
        (made.name, other.data),
        (made.name.replace("320", "640"), made.data),
        ("../../etc/passwd", made.data),
        (picture.Picture(heavy, 700, 700, "png").name, heavy),
    ):
        with pytest.raises(BadPicture):
            picture.kept(name, data)


def bomb(side: int) -> bytes:
    """Return a PNG of a few bytes that would need gigabytes."""
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(b"\0" * 99)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data))
        + name
        + data
        + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "format"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "format"),
        (b"<html><script>alert(1)</script></html>", "format"),
        (b"%PDF-1.7", "format"),
        (file(RED, "TIFF"), "format"),
        (file(RED, "BMP"), "format"),
        (file(noise(90, 90), "JPEG")[:900], "format"),
        (b"\0" * 10_000_001, "size"),
        (bomb(8_000), "pixels"),
        (bomb(30_000), "format"),
        (file(RED, "GIF", save_all=True, append_images=[GREEN]), "moves"),
        (file(RED, "WEBP", save_all=True, append_images=[GREEN]), "moves"),
        (file(RED, "PNG", save_all=True, append_images=[GREEN]), "moves"),
    ],
)
def test_what_is_no_picture_for_a_mail_is_refused(data: bytes, reason: str) -> None:
    assert refused(data) == reason


FILES = [file(noise(40, 30), kind) for kind in ("PNG", "JPEG", "GIF", "WEBP")]


@given(
    st.sampled_from(FILES),
    st.lists(st.tuples(st.integers(0, 120), st.integers(0, 255)), max_size=6),
    st.integers(0, 3000),
)
@settings(max_examples=200)
def test_a_broken_file_is_refused_or_made_anew(
    whole: bytes, changes: list[tuple[int, int]], length: int
) -> None:
    broken = bytearray(whole)
    for place, byte in changes:
        broken[place % len(broken)] = byte
    try:
        made = picture.finished(bytes(broken[:length]))
    except BadPicture:
        return

    assert shown(made).format in {"PNG", "JPEG"}
