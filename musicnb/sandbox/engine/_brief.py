"""From an order to a brief: every musical decision, with where it came from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from musicnb.sandbox.engine._casting import ROLES, cast_patches, silent_parts
from musicnb.sandbox.engine._genre import Genre
from musicnb.sandbox.engine._genres import BY_NAME, GENRE_WORDS, GENRES, OPEN_CHOICE
from musicnb.sandbox.engine._leftovers import not_understood
from musicnb.sandbox.engine._moods import DENSITIES, MOODS
from musicnb.sandbox.engine._order_reader import OrderReader
from musicnb.sandbox.engine._reading import (
    TEMPO_RANGE_BPM,
    mentions,
    normalised,
    read_bars,
    read_key,
    read_length_s,
    read_meter,
    read_tempo_bpm,
    wants_loop,
)
from musicnb.sandbox.engine._singing import gender_of, voice_and_words

if TYPE_CHECKING:
    from musicnb.sandbox.engine._order import Order

_TONICS = (0, 2, 3, 4, 5, 7, 8, 9, 10)
_DARKER = {"major": "minor", "lydian": "dorian", "mixolydian": "minor"}
_BRIGHTER = {"minor": "major", "dorian": "mixolydian", "phrygian": "major"}
_MAX_PROMPT_CHARACTERS = 5000
_STRONG_VALENCE = 0.45
_USUAL_PHRASE = 4
_USUAL_METER, _ODD_METER_ABOVE = 4, 0.6


@dataclass(frozen=True, slots=True)
class Brief:
    """Every musical decision, ready for :func:`compose`.

    Attributes
    ----------
    model, label : str
        The model's id and the words that seed every stream of random numbers.
    seed, take : int
        The server's seed, and which reading of the order this is (0, 1, …).
    genre : str
        Name of the leading genre.
    colour : str or None
        A second genre, which lends its harmony instruments.
    tempo_bpm : float
        Beats per minute, 40 to 220.
    meter : int
        Beats per bar: 3, 4, 5 or 7.
    tonic : int
        Pitch class, 0 = C … 11 = B.
    mode : str
        ``major minor dorian phrygian lydian mixolydian``.
    energy, brightness, weirdness : float
        0 to 1.
    valence, density : float
        -1 (sorrow) to 1 (joy), and -1 (bare) to 1 (crowded).
    swing : float
        0 to 1.
    sevenths : bool
        Whether chords carry sevenths.
    vocal : bool
        Whether it is sung.
    voice : str
        ``"m"`` or ``"f"``.
    lyrics : str
        The words that are sung, given or written.
    length_s : float or None
        Length asked for; None leaves it to the form.
    bars : int or None
        Bars asked for, when no length was; at least 2, and no longer than 8 minutes of them.
    loop : bool
        Whether the end must join the beginning.
    phrase_bars : int
        Bars of a phrase: 2, 4 or 8.
    patches : tuple of (str, str)
        Part and sound.
    silent : tuple of str
        Parts that do not play.
    origins : tuple of (str, str)
        Decision and its origin: ``prompt genre mood seed option reference``.
    warnings : tuple of str
        What was asked for and could not be done, in plain words.
    """

    model: str
    label: str
    seed: int
    take: int
    genre: str
    colour: str | None
    tempo_bpm: float
    meter: int
    tonic: int
    mode: str
    energy: float
    brightness: float
    weirdness: float
    valence: float
    density: float
    swing: float
    sevenths: bool
    vocal: bool
    voice: str
    lyrics: str
    length_s: float | None
    bars: int | None
    loop: bool
    phrase_bars: int
    patches: tuple[tuple[str, str], ...]
    silent: tuple[str, ...]
    origins: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]

    def origin(self, decision: str) -> str:
        """Return where a decision came from, ``"genre"`` when nothing else decided."""
        return dict(self.origins).get(decision, "genre")

    def patch(self, role: str) -> str:
        """Return the sound of a part."""
        return dict(self.patches)[role]


@dataclass(frozen=True, slots=True)
class _Feeling:
    """Sum of the mood words."""

    valence: float
    arousal: float
    brightness: float
    words: int


def read_brief(order: Order, *, seed: int, take: int) -> Brief:
    """Decide everything about the music that an order leaves open or states.

    Parameters
    ----------
    order : Order
        Any text is accepted: empty, hostile or in any script.
    seed : int
        The server's seed; the same order, seed and take give the same brief.
    take : int
        0 for the first clip, 1 for the second: another reading of the same order.

    Returns
    -------
    Brief
    """
    reader = OrderReader(
        order=order,
        prompt=normalised(order.prompt[:_MAX_PROMPT_CHARACTERS]),
        negatives=_negatives(order.negative_tags),
        label="/".join((str(seed), order.model, order.prompt, order.title)),
        take=take,
        origins={},
        warnings=[],
    )
    genre, colour = _genres(reader)
    feeling = _feeling(reader)
    energy, brightness = _levels(reader, genre, feeling)
    tonic, mode = _key(reader, genre, feeling)
    vocal, lyrics = voice_and_words(reader, feeling.valence)
    weirdness = reader.option("weirdness", order.weirdness_constraint, 0.3)
    length_s = read_length_s(reader.prompt)
    reader.warnings.extend(not_understood(reader.prompt, order.negative_tags))
    return Brief(
        model=order.model,
        label=f"{reader.label}/{take}",
        seed=seed,
        take=take,
        genre=genre.name,
        colour=colour.name if colour else None,
        tempo_bpm=_tempo_bpm(reader, genre, feeling),
        meter=_meter(reader, weirdness),
        tonic=tonic,
        mode=mode,
        energy=energy,
        brightness=brightness,
        weirdness=weirdness,
        valence=max(-1.0, min(1.0, feeling.valence)),
        density=_density(reader),
        swing=0.0 if mentions(reader.prompt, "straight") else genre.swing,
        sevenths=genre.sevenths or bool(colour and colour.sevenths),
        vocal=vocal,
        voice=gender_of(reader),
        lyrics=lyrics,
        length_s=length_s,
        bars=read_bars(reader.prompt) if length_s is None else None,
        loop=wants_loop(reader.prompt),
        phrase_bars=_phrase_bars(reader),
        patches=cast_patches(reader, genre, colour),
        silent=_silent(reader, genre, vocal=vocal),
        origins=tuple(sorted(reader.origins.items())),
        warnings=tuple(reader.warnings),
    )


def _silent(reader: OrderReader, genre: Genre, *, vocal: bool) -> tuple[str, ...]:
    """Return the silent parts; when nobody would be left to play, the chords stay."""
    silent = silent_parts(reader)
    drummer = genre.drums != "none" and "drums" not in silent
    if silent.issuperset(ROLES) and not drummer and not vocal:
        silent.discard("chords")
        reader.warnings.append("Every part was refused, so the chords play alone.")
    return tuple(sorted(silent))


def _negatives(tags: str) -> tuple[str, ...]:
    words = (word.strip() for word in re.split(r"[,;\n/]", tags))
    cleaned = (re.sub(r"^(?:no|without)\s+", "", normalised(word).strip()) for word in words)
    found = []
    for word in cleaned:
        if word:
            found.append(word)
            found.append(word.removesuffix("s"))
    return tuple(dict.fromkeys(found))


def _genres(reader: OrderReader) -> tuple[Genre, Genre | None]:
    """Return the genre named first, and another one named after it."""
    found: list[tuple[int, str]] = []
    covered: list[tuple[int, int]] = []
    for word in sorted(GENRE_WORDS, key=lambda word: (-len(word), word)):
        place = mentions(reader.prompt, word)
        if place is None or reader.refuses(word):
            continue
        # "dream pop" must not count as pop again
        if not any(place.start() < end and start < place.end() for start, end in covered):
            covered.append(place.span())
            found.append((place.start(), GENRE_WORDS[word]))
    names = list(dict.fromkeys(name for _, name in sorted(found)))
    if names:
        reader.origins["genre"] = "prompt"
        second = BY_NAME[names[1]] if len(names) > 1 else None
        return BY_NAME[names[0]], second
    reader.origins["genre"] = "seed"
    allowed = [name for name in OPEN_CHOICE if name.replace("_", " ") not in reader.negatives]
    return BY_NAME[reader.shared("genre").choice(allowed or [GENRES[0].name])], None


def _feeling(reader: OrderReader) -> _Feeling:
    # a mood of the negative tags pulls the other way, at half strength
    wanted = [m for w, m in MOODS.items() if mentions(reader.prompt, w) and not reader.refuses(w)]
    unwanted = [m for w, m in MOODS.items() if reader.refuses(w)]
    signed = [(m, 1.0) for m in wanted] + [(m, -0.5) for m in unwanted]
    return _Feeling(
        valence=sum(sign * m.valence for m, sign in signed),
        arousal=max(-1.2, min(1.2, sum(sign * m.arousal for m, sign in signed))),
        brightness=max(-1.2, min(1.2, sum(sign * m.brightness for m, sign in signed))),
        words=len(signed),
    )


def _levels(reader: OrderReader, genre: Genre, feeling: _Feeling) -> tuple[float, float]:
    energy = genre.energy + 0.5 * feeling.arousal
    brightness = genre.brightness + 0.38 * feeling.brightness
    for name in ("energy", "brightness"):
        reader.origins[name] = "mood" if feeling.words else "genre"
    heard = reader.order.reference
    if heard is not None:
        weight = min(1.0, max(0.0, _weight(reader.order)))
        energy += weight * (heard.energy - energy)
        brightness += weight * (heard.brightness - brightness)
        reader.origins["energy"] = reader.origins["brightness"] = "reference"
    return min(1.0, max(0.05, energy)), min(1.0, max(0.0, brightness))


def _density(reader: OrderReader) -> float:
    """Return the sum of the words about layers; a refused one pulls the other way."""
    signed = [-d if reader.refuses(w) else d for w, d in DENSITIES.items() if reader.names(w)]
    if signed:
        reader.origins["density"] = "prompt"
    return max(-1.0, min(1.0, sum(signed)))


def _meter(reader: OrderReader, weirdness: float) -> int:
    """Return the metre named, or four beats, which weird music may leave."""
    stated = read_meter(reader.prompt)
    if stated is not None:
        reader.origins["meter"] = "prompt"
        return stated
    draws = reader.own("meter")
    if draws.chance(2.0 * (weirdness - _ODD_METER_ABOVE)):
        reader.origins["meter"] = "option"
        return draws.choice((3, 5, 7))
    return _USUAL_METER


def _phrase_bars(reader: OrderReader) -> int:
    heard = reader.order.reference
    if heard is None or _weight(reader.order) <= 0:
        return _USUAL_PHRASE
    reader.origins["phrase_bars"] = "reference"
    return heard.phrase_bars


def _tempo_bpm(reader: OrderReader, genre: Genre, feeling: _Feeling) -> float:
    stated = read_tempo_bpm(reader.prompt)
    if stated is not None:
        reader.origins["tempo_bpm"] = "prompt"
        return stated
    heard = reader.order.reference
    if heard is not None and _weight(reader.order) > 0:
        reader.origins["tempo_bpm"] = "reference"
        return round(min(TEMPO_RANGE_BPM[1], max(TEMPO_RANGE_BPM[0], heard.tempo_bpm)), 2)
    low, high = genre.tempo_bpm
    place = reader.shared("tempo").uniform(0.3, 0.7) + 0.55 * feeling.arousal
    place = min(1.25, max(-0.3, place))
    if re.search(
        r"(?<!\w)(?:slow|slower|ballad|slow-tempo|downtempo|down-tempo)(?!\w)", reader.prompt
    ):
        place -= 0.9
        reader.origins["tempo_bpm"] = "prompt"
    elif re.search(r"(?<!\w)(?:fast|faster|quick|uptempo|up-tempo)(?!\w)", reader.prompt):
        place += 0.9
        reader.origins["tempo_bpm"] = "prompt"
    else:
        reader.origins["tempo_bpm"] = "mood" if feeling.words else "seed"
    # the range is narrow in some genres, so slow and fast may leave it, by a third at most
    tempo = low + (high - low) * place
    tempo *= 1.0 + 0.12 * max(0.0, place - 1.0) + 0.12 * min(0.0, place)
    # another take is the same piece at a slightly other pace
    tempo *= 1.0 + (0.0, -0.035, 0.04, 0.02)[reader.take % 4]
    return float(round(min(high * 1.33, max(low * 0.67, tempo, TEMPO_RANGE_BPM[0]))))


def _weight(order: Order) -> float:
    """Return how strongly the reference decides; 0 means not at all."""
    return 0.6 if order.audio_weight is None else order.audio_weight


def _key(reader: OrderReader, genre: Genre, feeling: _Feeling) -> tuple[int, str]:
    stated_tonic, stated_mode = read_key(reader.prompt)
    heard = reader.order.reference if _weight(reader.order) > 0 else None
    if stated_mode is not None:
        mode, origin = stated_mode, "prompt"
    elif heard is not None:
        mode, origin = heard.mode, "reference"
    else:
        mode, origin = reader.shared("mode").choice(genre.modes), "seed"
        if feeling.valence <= -_STRONG_VALENCE:
            mode, origin = _DARKER.get(mode, mode), "mood"
        elif feeling.valence >= _STRONG_VALENCE:
            mode, origin = _BRIGHTER.get(mode, mode), "mood"
    reader.origins["mode"] = origin
    if stated_tonic is not None:
        reader.origins["tonic"] = "prompt"
        return stated_tonic, mode
    if heard is not None:
        reader.origins["tonic"] = "reference"
        return heard.tonic, mode
    reader.origins["tonic"] = "seed"
    deck = reader.shared("tonic").shuffled(_TONICS)
    return deck[reader.take % len(deck)], mode
