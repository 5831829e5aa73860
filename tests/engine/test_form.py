"""Claims about form and length."""

from __future__ import annotations

import pytest
from orders import LYRICS, brief_of, score_of

from musicnb.lyrics import read_stanzas, syllables
from musicnb.sandbox.engine._score import TAIL_S

TAGGED = "[Intro]\n[Verse]\na b c\n[Pre-Chorus]\nd e\n[Chorus]\nf g\n[Bridge]\nh\n[Solo]\n[Outro]\n"


@pytest.mark.parametrize("instrumental", [True, False])
def test_tags_decide_the_sections(instrumental: bool) -> None:  # noqa: FBT001
    """Tags become sections in their order, sung or not."""
    score = score_of("pop two minutes", lyrics=TAGGED, instrumental=instrumental)
    kinds = [section.kind for section in score.sections]
    assert kinds == ["intro", "verse", "pre", "chorus", "bridge", "solo", "outro"]


@pytest.mark.parametrize("prompt", ["pop 30 s", "jazz 90-second", "metal one minute", "folk 2 min"])
@pytest.mark.parametrize("stated", ["", ", 120 bpm", ", 71 bpm"])
def test_length_stated_is_met_within_half_a_bar_and_tail(prompt: str, stated: str) -> None:
    """The rendered length differs from the wish by less than half a bar plus the tail."""
    brief = brief_of(prompt + stated)
    score = score_of(prompt + stated)
    assert brief.length_s is not None
    assert abs(score.duration_s - brief.length_s) <= score.bar_s / 2 + TAIL_S


@pytest.mark.parametrize("genre", ["pop", "ambient", "metal", "reggae"])
def test_length_not_stated_is_about_a_minute(genre: str) -> None:
    """An instrumental without a stated length lasts 50 to 75 seconds."""
    assert 50 <= score_of(genre).duration_s <= 75


def test_sections_follow_one_another_without_gaps() -> None:
    """Every section begins where the last one ended, and chords cover all bars."""
    score = score_of("pop 3 minutes", lyrics=LYRICS)
    bar = 0
    for section in score.sections:
        assert section.first_bar == bar
        assert section.bars >= 1
        bar += section.bars
    assert bar == score.bars == len(score.chords)


@pytest.mark.parametrize("prompt", ["pop", "ballad 45 s", "rap 40 s", "waltz", "lofi loop"])
def test_lyrics_are_sung_to_the_last_syllable(prompt: str) -> None:
    """As many sung notes as syllables, in their order."""
    score = score_of(prompt, lyrics=LYRICS)
    written = [s.text() for stanza in read_stanzas(LYRICS) for line in stanza.lines for s in line]
    assert [note.sound for note in score.part("vocal")] == written


def test_long_lyrics_lengthen_the_piece_up_to_four_minutes() -> None:
    """Lyrics eight times as long are sung completely, in at most four minutes."""
    lyrics = LYRICS * 8
    score = score_of("pop", lyrics=lyrics)
    wanted = sum(stanza.syllables for stanza in read_stanzas(lyrics))
    assert len(score.part("vocal")) == wanted
    assert 120 < score.duration_s <= 240


def test_lyrics_too_long_for_a_stated_length_are_reported() -> None:
    """When 10 s cannot hold the words, the length is kept and a warning says so."""
    score = score_of("pop 10 s", lyrics=LYRICS * 12)
    assert score.duration_s < 15
    assert any("do not fit" in warning for warning in score.warnings)


@pytest.mark.parametrize(
    "prompt", ["house loop", "lofi loop 20 s", "loopable funk 12 seconds, 97 bpm"]
)
def test_loop_is_an_exact_number_of_bars(prompt: str) -> None:
    """A loop has no tail: its length is bars times the length of a bar."""
    score = score_of(prompt)
    assert score.loop
    assert score.duration_s == pytest.approx(score.bars * score.bar_s, abs=1e-9)
    assert score.bars % 2 == 0


@pytest.mark.parametrize(
    ("prompt", "bars"),
    [("pop loop, 6 bars", 6), ("waltz loop, 3 bars", 3), ("16-bar rock", 16), ("lofi, 8 bars", 8)],
)
def test_bars_that_were_asked_for_are_there_to_the_bar(prompt: str, bars: int) -> None:
    """Also odd ones, and with an ending where it is no loop; a length in seconds comes first."""
    assert score_of(prompt).bars == bars
    assert score_of(f"{prompt}, 120 bpm, 40 s").duration_s == pytest.approx(40, abs=2.1)


def test_thousands_of_bars_are_eight_minutes() -> None:
    """No request makes a piece without an end."""
    assert score_of("trance, 4000 bars").duration_s <= 480


@pytest.mark.parametrize("prompt", ["house loop 12 s", "pop loop 12 s, 120 bpm"])
@pytest.mark.parametrize("seed", range(4))
def test_loop_of_six_bars_comes_home_as_its_whole_rounds_do(prompt: str, seed: int) -> None:
    """Its last two bars are the first and the last chord of the progression."""
    score = score_of(prompt, seed=seed)
    assert score.bars == 6
    assert score.chords[4:] == (score.chords[0], score.chords[3])


@pytest.mark.parametrize(
    ("word", "count"),
    [("rain", 1), ("window", 2), ("singing", 2), ("home", 1), ("over", 2), ("table", 2),
     ("walked", 1), ("你好", 2), ("привет", 2), ("café", 2), ("...", 0), ("rhythm", 1)],
)  # fmt: skip
def test_word_has_as_many_syllables_as_spoken(word: str, count: int) -> None:
    """Syllables are counted in several scripts."""
    assert len(syllables(word)) == count


@pytest.mark.parametrize(
    "cut",
    ["win-ter", "hel-lo", "o-ver", "mor-ning", "hun-dred", "mo-ther", "ta-ble", "a-gain",
     "hap-py", "home", "mon-ster", "rain"],
)  # fmt: skip
def test_word_is_written_in_syllables(cut: str) -> None:
    """Consonants between two vowels go where an English singer would put them."""
    spellings = [syllable.spelling for syllable in syllables(cut.replace("-", ""))]
    assert "-".join(spellings) == f"{cut} "


def test_instrumental_has_no_vocal_and_sung_has_one() -> None:
    """The option takes the voice out of the same order."""
    assert score_of("pop", lyrics=LYRICS).part("vocal")
    assert not score_of("pop", lyrics=LYRICS, instrumental=True).part("vocal")


@pytest.mark.parametrize(("tag", "part"), [("drums", "drums"), ("bass", "bass")])
def test_negative_tag_removes_the_part(tag: str, part: str) -> None:
    """A negative tag empties the part it names."""
    assert score_of("rock").part(part)
    assert not score_of("rock", negative_tags=f"{tag}, autotune").part(part)


def test_everything_refused_leaves_the_chords_and_a_warning() -> None:
    """An order that refuses every part is not answered with silence."""
    score = score_of("pop", negative_tags="drums, bass, chords, pad, lead, arp")
    assert {note.part for note in score.notes} == {"chords"}
    assert any("refused" in warning for warning in score.warnings)


@pytest.mark.parametrize("prompt", ["waltz", "3/4 jazz", "house in three"])
def test_three_beats_a_bar_hold_in_all_parts(prompt: str) -> None:
    """A waltz has bars of three beats, and its chords change on them."""
    score = score_of(prompt)
    assert score.meter == 3
    assert score.bar_s == pytest.approx(180 / score.tempo_bpm)
    # a player may be a little early
    starts = {(note.tick + 60) // (3 * 960) for note in score.part("bass")}
    assert max(starts) == score.bars - 1


def test_last_chord_is_the_tonic() -> None:
    """Every piece that ends comes home."""
    for genre in ("pop", "rock", "techno", "jazz", "folk"):
        score = score_of(genre)
        assert (
            score.chords[-1].removesuffix("7").removesuffix("maj").removesuffix("m") == score.tonic
        )


def test_chorus_is_busier_than_verse() -> None:
    """The build-up can be counted: more notes a bar in the chorus."""
    score = score_of("pop 90 s")
    rate = {}
    for section in score.sections:
        first = section.first_bar * score.meter * 960
        last = first + section.bars * score.meter * 960
        inside = sum(first <= note.tick < last for note in score.notes)
        rate.setdefault(section.kind, inside / section.bars)
    assert rate["chorus"] > 1.2 * rate["verse"]


def test_club_music_holds_its_breath_before_the_chorus() -> None:
    """In the last beat before a chorus only the riser is left, and then everybody comes in."""
    score = score_of("house, 90 s, 124 bpm")
    index = next(
        i for i, s in enumerate(score.sections)
        if s.kind == "chorus" and score.sections[i - 1].bars >= 4
    )  # fmt: skip
    start = score.sections[index].first_bar * 4 * 960
    breath = [n for n in score.notes if start - 960 <= n.tick < start - 240]
    assert not breath
    ringing = [n for n in score.notes if n.tick < start - 1100 and n.tick + n.length > start - 480]
    assert {n.sound for n in ringing} <= {"riser"}
    assert len([n for n in score.notes if abs(n.tick - start) < 120]) > 5


@pytest.mark.parametrize("genre", ["pop", "house", "rock", "folk", "lofi"])
def test_chorus_is_louder_than_verse(genre: str) -> None:
    """What is played in the chorus is struck harder on average."""
    score = score_of(f"{genre} 90 s")
    hard: dict[str, list[int]] = {"verse": [], "chorus": []}
    for section in score.sections:
        first = section.first_bar * 4 * 960
        last = first + section.bars * 4 * 960
        for note in score.notes:
            if section.kind in hard and first <= note.tick < last and note.part != "vocal":
                hard[section.kind].append(note.velocity)
    verse, chorus = (sum(hard[kind]) / len(hard[kind]) for kind in ("verse", "chorus"))
    assert chorus > 1.08 * verse
