"""The small picture of a waveform, and the PNG below it."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image
from pngs import chunks_of, colours_of, indices_of

from musicnb.pictures import clock, size_text, waveform_png
from musicnb.pictures._png import png
from musicnb.pictures._waveform import HEIGHT, WIDTH, bars


@pytest.mark.parametrize("peaks", [b"", bytes(2000), b"\x80\x7f" * 1000, b"\x01", bytes(7)])
def test_picture_of_anything_is_a_valid_png(peaks: bytes) -> None:
    """Silence, full scale, nothing, and half a pair."""
    image = indices_of(waveform_png(peaks))
    assert image.shape == (HEIGHT, WIDTH)
    assert image.max() == 2
    assert list(chunks_of(waveform_png(peaks))) == [b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"]


def test_picture_of_noise_is_small() -> None:
    """The worst case for the compressor stays under 4 kB."""
    noise = np.random.default_rng(1).integers(-128, 128, 2000, dtype=np.int8).tobytes()
    shape = np.sort(np.random.default_rng(2).integers(0, 128, (1000, 2)), axis=1)
    assert len(waveform_png(noise)) < 4000
    assert len(waveform_png(shape.astype(np.int8).tobytes())) < 4000
    assert len(base64.b64encode(waveform_png(noise))) < 2000


def test_picture_follows_the_sound() -> None:
    """A loud half is tall, a quiet half is low."""
    loud, quiet = b"\x81\x7f" * 500, b"\xfa\x06" * 500
    image = indices_of(waveform_png(quiet + loud))
    filled = (image > 0).sum(axis=0)
    assert filled[: WIDTH // 2 - 8].max() * 5 < filled[WIDTH // 2 + 8 : WIDTH - 12].max()


def test_stretch_alone_is_drawn_in_full_colour() -> None:
    """What a preview does not play is there, and faint."""
    opacity = colours_of(waveform_png(b"\x81\x7f" * 1000, stretch=(0.25, 0.5)))[HEIGHT // 2, :, 3]
    full = np.flatnonzero(opacity == 255)
    assert WIDTH * 0.24 < full.min() < WIDTH * 0.26
    assert WIDTH * 0.47 < full.max() < WIDTH * 0.5
    assert set(opacity[: full.min()]) == {0, 70}


def test_bars_never_exceed_one_whatever_the_number_of_pairs() -> None:
    """Fewer pairs than bars, and numbers that do not divide, are all right."""
    for pairs in (1, 7, 106, 107, 1000, 1001):
        heights = bars(b"\x80\x7f" * pairs, 106)
        assert heights == pytest.approx(np.ones(106))


@pytest.mark.parametrize("colours", [1, 2, 3, 4, 5, 16, 17, 256])
@pytest.mark.parametrize("width", [1, 7, 8, 33])
def test_png_of_any_depth_and_width_is_read_alike_by_pillow(colours: int, width: int) -> None:
    """Pixels of one, two, four and eight bits, rows that end within a byte, and opacity."""
    rng = np.random.default_rng(colours)
    table = rng.integers(0, 256, (colours, 4), dtype=np.uint8)
    pixels = rng.integers(0, colours, (5, width), dtype=np.uint8)
    picture = png(pixels, table)
    seen = np.asarray(Image.open(io.BytesIO(picture)).convert("RGBA"))
    assert np.array_equal(seen, table[pixels])
    assert np.array_equal(colours_of(picture), table[pixels])


def test_pixel_without_a_colour_is_refused() -> None:
    """A picture that no reader could show is not written."""
    table = np.zeros((2, 4), np.uint8)
    with pytest.raises(ValueError, match="pixel 2 is none of 2 colours"):
        png(np.full((1, 1), 2, np.uint8), table)
    with pytest.raises(ValueError, match="no picture"):
        png(np.zeros((0, 3), np.uint8), table)


def test_clock_counts_whole_seconds() -> None:
    """Durations are cut, not rounded: 61.9 s is 1:01."""
    assert [clock(seconds) for seconds in (0, 61.9, 600, -3)] == ["0:00", "1:01", "10:00", "0:00"]


def test_sizes_are_said_in_thousands() -> None:
    """As file managers and Jupyter count them."""
    assert [size_text(n) for n in (10, 411_600, 1_340_000)] == ["1 kB", "412 kB", "1.3 MB"]
