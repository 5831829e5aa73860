"""Previews and contact sheets: what is in them, how large they are, what they never let through."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path
from urllib.parse import urljoin

import numpy as np
import pytest
import soundfile as sf
from clipmaking import HOSTILE, RATE, clip_at, clip_of, tone
from parsing import Reader
from pngs import colours_of

from musicnb import Clip
from musicnb.errors import InvalidInput, LibraryError
from musicnb.pictures import (
    THUMBNAIL,
    Frame,
    Page,
    Spectrogram,
    sheet_page,
    thumbnail_png,
    waveform_png,
)
from musicnb.sound import encode, kind_of, read
from musicnb.studio import Clips


def inside(url: str | None) -> tuple[str, bytes]:
    """Take a data URL apart."""
    assert url is not None
    head, _, text = url.partition(";base64,")
    return head.removeprefix("data:"), base64.b64decode(text, validate=True)


def heard(page: Page) -> tuple[str, np.ndarray, int]:
    """Return the media type, the samples and the rate of what a preview plays."""
    (audio,) = Reader(page.html).all("audio")
    media_type, content = inside(audio["src"])
    kind = kind_of(content[:16])
    assert kind is not None
    assert kind.media_type == media_type
    samples, rate = sf.read(io.BytesIO(content), dtype="float32", always_2d=True)
    return media_type, samples, rate


def rms_db(samples: np.ndarray) -> float:
    """Return the level of samples."""
    return float(10 * np.log10(np.mean(np.square(samples))))


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    """Make a minute of sound whose loudest part begins at 30 s with another note."""
    parts = [tone(220, 30, 0.1), tone(440, 20, 0.5), tone(220, 10, 0.2)]
    return clip_of(np.concatenate(parts), tmp_path_factory.mktemp("clips") / "song.flac")


def test_preview_plays_the_loudest_stretch_at_its_own_level(song: Clip) -> None:
    """15 s of 440 Hz from about 30 s on, faded at its ends alone, as loud as in the clip."""
    media_type, samples, rate = heard(song.preview())
    assert (media_type, rate) == ("audio/mpeg", RATE)
    assert len(samples) == 15 * RATE
    spectrum = np.abs(np.fft.rfft(samples[RATE : 2 * RATE, 0]))
    assert spectrum.argmax() == pytest.approx(440, abs=1)
    assert rms_db(samples[RATE:-RATE]) == pytest.approx(rms_db(tone(440, 1, 0.5)), abs=0.2)
    assert np.abs(samples[:10]).max() < 0.05
    assert np.abs(samples[-300:]).max() < 0.05


def test_preview_says_what_it_plays_and_how_large_it_is(song: Clip) -> None:
    """In the page and in plain text, with the file; the excerpt is marked in the picture."""
    page = song.preview(10)
    words = "".join(Reader(page.html).words)
    size = f"{page.size_bytes / 1000:.0f} kB"
    for text in (words, repr(page), page._repr_mimebundle_()["text/plain"]):
        assert re.search(r"0:(29|30) to 0:(39|40) of 1:00, encoded anew as MP3", text)
        assert size in text
        assert "song.flac" in text
    assert "−14.0 LUFS" in words
    assert "44.1 kHz stereo" in words
    (image,) = Reader(page.html).all("img")
    _, picture = inside(image["src"])
    full = np.flatnonzero((colours_of(picture)[:, :, 3] == 255).any(axis=0)) / 640
    assert full.min() == pytest.approx(0.5, abs=0.02)
    assert full.max() == pytest.approx(0.66, abs=0.02)


def test_preview_never_needs_more_than_45_kb_a_second(tmp_path: Path) -> None:
    """Noise is what MP3 spends most on: 15 s of it stay below 700 kB, of music below 500."""
    noise = np.random.default_rng(1).standard_normal((5 * RATE, 2), dtype=np.float32) * 0.1
    page = clip_of(noise, tmp_path / "noise.flac").preview(4)
    assert page.size_bytes < 4 * 45_000
    assert page.size_bytes == len(page._repr_mimebundle_()["text/html"].encode())


@pytest.mark.parametrize("suffix", ["mp3", "ogg", "flac"])
def test_short_clip_is_embedded_byte_for_byte(tmp_path: Path, suffix: str) -> None:
    """Nothing is lost where nothing must be cut."""
    clip = clip_of(tone(440, 5), tmp_path / f"short.{suffix}")
    page = clip.preview()
    (audio,) = Reader(page.html).all("audio")
    assert inside(audio["src"]) == (clip.record.media_type, clip.path.read_bytes())
    assert f"the whole clip, as the service made it, {suffix.upper()}" in repr(page)


def test_short_wav_is_encoded_whole_and_without_fades(tmp_path: Path) -> None:
    """WAV is too large; beginning and end are the clip's own."""
    page = clip_of(tone(440, 5), tmp_path / "short.wav").preview()
    media_type, samples, _ = heard(page)
    assert media_type == "audio/mpeg"
    assert len(samples) == 5 * RATE
    assert rms_db(samples[-2000:-200]) == pytest.approx(rms_db(tone(440, 1)), abs=0.5)
    assert page.size_bytes < 200_000


@pytest.mark.parametrize(
    ("rate", "channels", "media_type"),
    [(48_000, 1, "audio/mpeg"), (96_000, 2, "audio/ogg"), (44_100, 6, "audio/ogg")],
)
def test_sound_that_mp3_cannot_hold_becomes_ogg(
    tmp_path: Path, rate: int, channels: int, media_type: str
) -> None:
    """High rates and surround still play."""
    samples = tone(440, 4, rate=rate, channels=channels)
    page = clip_of(samples, tmp_path / "odd.wav", rate=rate).preview(2)
    found, heard_samples, heard_rate = heard(page)
    assert (found, heard_rate, heard_samples.shape) == (media_type, rate, (2 * rate, channels))


def test_sound_that_no_browser_plays_leaves_a_picture_and_no_control(tmp_path: Path) -> None:
    """384 kHz: the facts say why."""
    clip = clip_of(tone(440, 2, rate=384_000), tmp_path / "bat.wav", rate=384_000)
    page = Reader(clip.preview(1).html)
    assert not page.all("audio")
    assert page.all("img")
    assert "no browser plays 384 kHz with 2 channels" in "".join(page.words)


def test_matching_attenuates_and_never_amplifies(song: Clip) -> None:
    """A clip of −14 LUFS asked for at −20 is 6 dB softer, at −8 as it is."""
    usual, softer, louder = (
        rms_db(heard(song.preview(4, match_lufs=match))[1][RATE : 3 * RATE])
        for match in (None, -20, -8)
    )
    assert usual - softer == pytest.approx(6, abs=0.1)
    assert louder == pytest.approx(usual, abs=0.01)
    assert "−6.0 dB" in repr(song.preview(4, match_lufs=-20))


def test_matched_short_clip_is_encoded_anew(tmp_path: Path) -> None:
    """Bytes as they came cannot be softer."""
    clip = clip_of(tone(440, 5), tmp_path / "short.mp3")
    assert "encoded anew as MP3, −6.0 dB" in repr(clip.preview(match_lufs=-20))


def test_preview_of_a_damaged_file_plays_what_is_there(tmp_path: Path) -> None:
    """A cut FLAC ends where it ends."""
    whole = encode(np.random.default_rng(1).uniform(-0.5, 0.5, (10 * RATE, 2)).astype("f4"), RATE,
                   format="FLAC")  # fmt: skip
    path = tmp_path / "cut.flac"
    path.write_bytes(whole[: len(whole) // 2])
    clip = clip_at(path)
    assert len(heard(clip.preview(3))[1]) == 3 * RATE


@pytest.mark.parametrize("seconds", [0, -1, 61, float("nan")])
def test_preview_of_no_length_is_refused(song: Clip, seconds: float) -> None:
    """The message says what is possible."""
    with pytest.raises(InvalidInput, match="up to 60 s"):
        song.preview(seconds)
    with pytest.raises(InvalidInput, match="LUFS"):
        song.preview(match_lufs=float("inf"))


def test_pages_of_a_clip_whose_file_is_gone_say_so(tmp_path: Path) -> None:
    """A preview cannot be made; a sheet shows what is known without the file."""
    clip = clip_of(tone(440, 2), tmp_path / "gone.mp3")
    clip.path.unlink()
    with pytest.raises(LibraryError, match="no longer in the library"):
        clip.preview()
    page = Reader(Clips([clip]).contact_sheet().html)
    assert len(page.all("img")) == 1
    assert "gone.mp3 is no longer in the library" in "".join(page.words)


def test_no_text_becomes_an_element_or_an_attribute(tmp_path: Path) -> None:
    """Titles and file names are strangers."""
    clip = clip_of(tone(440, 2), tmp_path / "a&b'<i>.mp3", title=HOSTILE)
    for page in (clip.preview(), Clips([clip]).contact_sheet()):
        seen = Reader(page.save(tmp_path / "page.html").read_text())
        allowed = {
            "html",
            "head",
            "base",
            "meta",
            "title",
            "style",
            "body",
            "div",
            "b",
            "img",
            "audio",
        }
        assert {tag for tag, _ in seen.tags} <= allowed
        assert not any(name.startswith("on") for _, found in seen.tags for name in found)
        assert HOSTILE in "".join(seen.words)


def test_page_has_no_script_style_or_address_outside_itself(song: Clip) -> None:
    """So it is the same in a notebook that is not trusted, in an export and offline."""
    for page in (song.preview(), Clips([song]).contact_sheet()):
        seen = Reader(page.html)
        assert not {"script", "style", "link", "source", "svg"} & {tag for tag, _ in seen.tags}
        for _, attributes in seen.tags:
            assert (attributes.get("src") or "data:").startswith("data:")


def test_sheet_shows_each_clip_with_its_pictures_and_facts(song: Clip, tmp_path: Path) -> None:
    """Names, durations, loudness, waveform and spectrogram, in the given order."""
    quiet = clip_of(tone(3_000, 70), song.path.with_name("b.flac"), title="B", loudness_lufs=-30)
    told: list[tuple[int, int]] = []
    page = Clips([song, quiet]).contact_sheet(
        tmp_path / "sheet.html", progress=lambda done, total: told.append((done, total))
    )
    seen = Reader(page.html)
    words = " ".join(seen.words)
    assert words.index("1:00 · −14.0 LUFS · suno-5.5") < words.index("1:10 · −30.0 LUFS")
    assert [image["alt"] for image in seen.all("img")] == [
        "Waveform of Take", "Spectrogram of Take", "Waveform of B", "Spectrogram of B",
    ]  # fmt: skip
    assert told == [(1, 2), (2, 2)]
    _, picture = inside(seen.all("img")[3]["src"])
    rows = colours_of(picture)[:, :, :3].sum(axis=2, dtype=int).mean(axis=1)
    assert 1 - rows.argmax() / 56 == pytest.approx(np.log(3_000 / 40) / np.log(400), abs=0.05)
    assert (tmp_path / "sheet.html").read_text().startswith("<!doctype html>")


def test_saved_sheet_links_what_lies_below_it(song: Clip) -> None:
    """A folder of clips with its sheet can be moved, and the links still lead to the clips."""
    page = Clips([song]).contact_sheet(song.path.with_name("sheet.html"))
    assert [link["href"] for link in Reader(page.html).all("a")] == ["song.flac"]


def test_page_saved_elsewhere_still_leads_to_its_clips(
    song: Clip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Links start from where Python ran, wherever the page is written."""
    monkeypatch.chdir(song.path.parent)
    page = song.preview(1)
    elsewhere = tmp_path / "a b#c"
    elsewhere.mkdir()
    seen = Reader(page.save(elsewhere / "page.html").read_text())
    (base,), (link,) = seen.all("base"), seen.all("a")
    url = urljoin(urljoin((elsewhere / "page.html").as_uri(), base["href"]), link["href"])
    assert url == song.path.as_uri()
    assert not Reader(page.save("page.html").read_text()).all("base")


def test_interrupted_sheet_gives_up_the_clips_that_wait(song: Clip) -> None:
    """Whoever presses stop after the first clip does not wait for the other 99."""
    opened: list[str] = []

    class Counted(Clip):
        def file(self) -> Path:
            opened.append(self.clip_id)
            return super().file()

    def stop(*_: int) -> None:
        raise KeyboardInterrupt

    clips = Clips(Counted(song.record, song.job, song.path) for _ in range(100))
    with pytest.raises(KeyboardInterrupt):
        clips.contact_sheet(progress=stop)
    assert 1 <= len(opened) < 50


def test_sheet_of_100_clips_is_never_above_1_2_megabytes() -> None:
    """The worst case: pictures of chance, which no compressor makes smaller."""
    rng = np.random.default_rng(1)
    frames = []
    for i in range(100):
        levels = rng.uniform(-80, 0, THUMBNAIL[::-1]).astype(np.float32)
        seen = Spectrogram(levels, np.geomspace(40, 16_000, THUMBNAIL[1] + 1), 180.0)
        outline = rng.integers(-128, 128, 2000, dtype=np.int8).tobytes()
        facts = ("3:00", "−14.0 LUFS", "minimax-music-2.6")
        name = f"musicnb-library/clips/dream-pop-with-warm-analog-drums_{i}.mp3"
        frames.append(
            Frame("Dream pop, warm analog drums, shimmering guitars", facts, waveform_png(outline),
                  thumbnail_png(seen), name)
        )  # fmt: skip
    page = sheet_page(frames)
    assert page.size_bytes < 1_200_000
    assert f"100 clips, {page.size_bytes / 1e6:.1f} MB" in repr(page)
    assert "and 80 more" in repr(page)


def test_sheet_without_spectrograms_decodes_nothing(tmp_path: Path) -> None:
    """The waveform is known since the download."""
    clip = clip_of(tone(440, 2), tmp_path / "a.mp3")
    clip.path.write_bytes(b"no sound")
    page = Clips([clip]).contact_sheet(spectrograms=False)
    assert len(Reader(page.html).all("img")) == 1
    assert "WAV" not in page.html


def test_sheet_of_no_clips_or_columns_is_refused(song: Clip) -> None:
    """The message names what is wrong."""
    with pytest.raises(InvalidInput, match="needs clips"):
        Clips().contact_sheet()
    for columns in (0, 13):
        with pytest.raises(InvalidInput, match="columns are 1 to 12"):
            Clips([song]).contact_sheet(columns=columns)


def test_slice_of_clips_can_be_put_on_a_sheet(song: Clip) -> None:
    """``studio.clips()[:10].contact_sheet()`` is how one asks for it."""
    clips = Clips([song] * 3)
    assert isinstance(clips[:2], Clips)
    assert clips[0] is song
    assert len(Reader(clips[1:].contact_sheet().html).all("img")) == 4


def test_preview_of_a_preview_is_what_was_heard(song: Clip, tmp_path: Path) -> None:
    """What is embedded is a file of its own that our own decoder reads."""
    (audio,) = Reader(song.preview(3).html).all("audio")
    path = tmp_path / "excerpt.mp3"
    path.write_bytes(inside(audio["src"])[1])
    assert len(read(path).samples) == 3 * RATE
