"""The genres: what each one plays, how fast, on which sounds and in how large a room."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Patches:
    """Sounds of a genre, per part; the first is the habit, the others are other readings."""

    bass: tuple[str, ...]
    chords: tuple[str, ...]
    pad: tuple[str, ...]
    lead: tuple[str, ...]
    arp: tuple[str, ...]

    def of(self, role: str) -> tuple[str, ...]:
        """Return the sounds of one part."""
        options: dict[str, tuple[str, ...]] = {
            "bass": self.bass,
            "chords": self.chords,
            "pad": self.pad,
            "lead": self.lead,
            "arp": self.arp,
        }
        return options[role]


@dataclass(frozen=True, slots=True)
class Genre:
    """The habits of one genre.

    Attributes
    ----------
    name : str
        Our name; with a space for the underscore it is also an alias.
    aliases : tuple of str
        Other words for it, lower case.
    tempo_bpm : tuple of int
        Slowest and fastest usual tempo.
    modes : tuple of str
        Usual modes; named twice means twice as likely.
    harmony : str
        Bank of progressions.
    drums, bass, chords : str
        Names of the playing patterns.
    kit : str
        Name of the drum sounds.
    swing : float
        0 (straight) to 1 (the off-beat eighth on the last triplet).
    energy, brightness : float
        Starting points, 0 to 1.
    sevenths : bool
        Whether chords carry sevenths.
    space_s : float
        Reverberation time in seconds.
    pump : bool
        Whether the kick ducks the sustained parts.
    patches : Patches
        The sounds.
    """

    name: str
    aliases: tuple[str, ...]
    tempo_bpm: tuple[int, int]
    modes: tuple[str, ...]
    harmony: str
    drums: str
    kit: str
    bass: str
    chords: str
    swing: float
    energy: float
    brightness: float
    sevenths: bool
    space_s: float
    pump: bool
    patches: Patches


GENRES: tuple[Genre, ...] = (
    Genre(
        name="pop",
        aliases=("pop music", "k-pop", "kpop", "indie pop", "electropop"),
        tempo_bpm=(100, 122),
        modes=("major", "major", "minor"),
        harmony="pop",
        drums="pop",
        kit="tight",
        bass="eighths",
        chords="push",
        swing=0.0,
        energy=0.62,
        brightness=0.56,
        sevenths=False,
        space_s=1.1,
        pump=False,
        patches=Patches(
            bass=("electric_bass", "synth_bass"),
            chords=("piano", "electric_piano"),
            pad=("warm_pad", "strings"),
            lead=("synth_lead", "bell"),
            arp=("pluck", "marimba"),
        ),
    ),
    Genre(
        name="dream_pop",
        aliases=("dream pop", "dreampop", "shoegaze", "chillwave", "bedroom pop"),
        tempo_bpm=(84, 108),
        modes=("major", "lydian", "minor"),
        harmony="pop",
        drums="half",
        kit="warm",
        bass="eighths",
        chords="sustain",
        swing=0.0,
        energy=0.48,
        brightness=0.5,
        sevenths=True,
        space_s=2.0,
        pump=False,
        patches=Patches(
            bass=("electric_bass", "synth_bass"),
            chords=("clean_guitar", "electric_piano"),
            pad=("glass_pad", "warm_pad"),
            lead=("synth_lead", "bell"),
            arp=("clean_guitar", "pluck"),
        ),
    ),
    Genre(
        name="rock",
        aliases=("indie rock", "indie", "alternative", "grunge", "surf rock"),
        tempo_bpm=(108, 138),
        modes=("mixolydian", "minor", "major"),
        harmony="rock",
        drums="rock",
        kit="live",
        bass="eighths",
        chords="power",
        swing=0.0,
        energy=0.75,
        brightness=0.58,
        sevenths=False,
        space_s=0.8,
        pump=False,
        patches=Patches(
            bass=("electric_bass",),
            chords=("distorted_guitar",),
            pad=("organ", "strings"),
            lead=("lead_guitar",),
            arp=("clean_guitar",),
        ),
    ),
    Genre(
        name="metal",
        aliases=("heavy metal", "punk", "hardcore", "metalcore"),
        tempo_bpm=(140, 172),
        modes=("phrygian", "minor"),
        harmony="rock",
        drums="metal",
        kit="live",
        bass="gallop",
        chords="power",
        swing=0.0,
        energy=0.95,
        brightness=0.6,
        sevenths=False,
        space_s=0.7,
        pump=False,
        patches=Patches(
            bass=("electric_bass",),
            chords=("distorted_guitar",),
            pad=("choir", "strings"),
            lead=("lead_guitar",),
            arp=("clean_guitar",),
        ),
    ),
    Genre(
        name="house",
        aliases=("deep house", "edm", "electronic", "dance", "electronica", "club"),
        tempo_bpm=(120, 127),
        modes=("minor", "minor", "dorian"),
        harmony="pop",
        drums="house",
        kit="machine",
        bass="offbeat",
        chords="stab",
        swing=0.06,
        energy=0.8,
        brightness=0.58,
        sevenths=True,
        space_s=0.9,
        pump=True,
        patches=Patches(
            bass=("synth_bass",),
            chords=("stab", "electric_piano"),
            pad=("warm_pad", "strings"),
            lead=("synth_lead", "pluck"),
            arp=("pluck",),
        ),
    ),
    Genre(
        name="techno",
        aliases=("minimal techno", "acid", "industrial"),
        tempo_bpm=(127, 136),
        modes=("phrygian", "minor"),
        harmony="modal",
        drums="techno",
        kit="machine",
        bass="sixteenths",
        chords="stab",
        swing=0.0,
        energy=0.88,
        brightness=0.5,
        sevenths=False,
        space_s=1.2,
        pump=True,
        patches=Patches(
            bass=("synth_bass", "reese_bass"),
            chords=("stab",),
            pad=("glass_pad", "warm_pad"),
            lead=("pluck", "synth_lead"),
            arp=("pluck", "bell"),
        ),
    ),
    Genre(
        name="trance",
        aliases=("progressive trance", "psytrance", "eurodance", "hardstyle"),
        tempo_bpm=(132, 140),
        modes=("minor",),
        harmony="pop",
        drums="house",
        kit="machine",
        bass="sixteenths",
        chords="stab",
        swing=0.0,
        energy=0.92,
        brightness=0.66,
        sevenths=False,
        space_s=1.6,
        pump=True,
        patches=Patches(
            bass=("synth_bass",),
            chords=("stab",),
            pad=("strings", "warm_pad"),
            lead=("synth_lead",),
            arp=("pluck",),
        ),
    ),
    Genre(
        name="lofi",
        aliases=(
            "lo-fi",
            "lo fi",
            "lofi hip hop",
            "lo-fi hip hop",
            "lofi hip-hop",
            "lo-fi hip-hop",
            "chillhop",
            "chill",
            "study beats",
        ),
        tempo_bpm=(70, 86),
        modes=("dorian", "minor", "major"),
        harmony="jazz",
        drums="lofi",
        kit="dusty",
        bass="rootfive",
        chords="lazy",
        swing=0.3,
        energy=0.36,
        brightness=0.44,
        sevenths=True,
        space_s=0.8,
        pump=False,
        patches=Patches(
            bass=("upright_bass", "sub_bass"),
            chords=("electric_piano", "piano"),
            pad=("warm_pad",),
            lead=("vibes", "nylon_guitar"),
            arp=("nylon_guitar", "vibes"),
        ),
    ),
    Genre(
        name="hip_hop",
        aliases=("hip hop", "hip-hop", "hiphop", "rap", "boom bap", "old school"),
        tempo_bpm=(84, 96),
        modes=("minor", "dorian"),
        harmony="pop",
        drums="boombap",
        kit="dusty",
        bass="syncopated",
        chords="lazy",
        swing=0.22,
        energy=0.58,
        brightness=0.45,
        sevenths=True,
        space_s=0.6,
        pump=False,
        patches=Patches(
            bass=("sub_bass", "upright_bass"),
            chords=("electric_piano", "piano"),
            pad=("strings", "warm_pad"),
            lead=("brass", "flute"),
            arp=("pluck", "vibes"),
        ),
    ),
    Genre(
        name="trap",
        aliases=("drill", "phonk"),
        tempo_bpm=(132, 148),
        modes=("minor", "phrygian"),
        harmony="pop",
        drums="trap",
        kit="machine",
        bass="long808",
        chords="sustain",
        swing=0.0,
        energy=0.7,
        brightness=0.48,
        sevenths=False,
        space_s=1.1,
        pump=False,
        patches=Patches(
            bass=("bass_808",),
            chords=("bell", "piano"),
            pad=("choir", "warm_pad"),
            lead=("pluck", "flute"),
            arp=("bell", "pluck"),
        ),
    ),
    Genre(
        name="jazz",
        aliases=("swing", "bebop", "smooth jazz", "big band"),
        tempo_bpm=(112, 156),
        modes=("major", "dorian"),
        harmony="jazz",
        drums="swing",
        kit="brushed",
        bass="walking",
        chords="comp",
        swing=0.85,
        energy=0.5,
        brightness=0.55,
        sevenths=True,
        space_s=0.7,
        pump=False,
        patches=Patches(
            bass=("upright_bass",),
            chords=("piano", "clean_guitar"),
            pad=("strings",),
            lead=("sax", "brass"),
            arp=("vibes", "piano"),
        ),
    ),
    Genre(
        name="blues",
        aliases=("delta blues", "rhythm and blues"),
        tempo_bpm=(78, 104),
        modes=("mixolydian",),
        harmony="blues",
        drums="shuffle",
        kit="live",
        bass="walking",
        chords="comp",
        swing=0.85,
        energy=0.55,
        brightness=0.5,
        sevenths=True,
        space_s=0.6,
        pump=False,
        patches=Patches(
            bass=("electric_bass", "upright_bass"),
            chords=("organ", "piano"),
            pad=("organ",),
            lead=("lead_guitar", "sax"),
            arp=("clean_guitar",),
        ),
    ),
    Genre(
        name="cinematic",
        aliases=("orchestral", "film", "film score", "soundtrack", "trailer", "symphonic", "score"),
        tempo_bpm=(70, 96),
        modes=("minor", "minor", "dorian"),
        harmony="pop",
        drums="epic",
        kit="large",
        bass="pedal",
        chords="ostinato",
        swing=0.0,
        energy=0.58,
        brightness=0.52,
        sevenths=False,
        space_s=2.6,
        pump=False,
        patches=Patches(
            bass=("low_strings",),
            chords=("strings",),
            pad=("choir", "strings"),
            lead=("brass",),
            arp=("strings", "harp"),
        ),
    ),
    Genre(
        name="classical",
        aliases=("baroque", "chamber", "sonata", "minuet", "piano solo"),
        tempo_bpm=(76, 112),
        modes=("major", "minor"),
        harmony="classical",
        drums="none",
        kit="large",
        bass="rootfive",
        chords="alberti",
        swing=0.0,
        energy=0.42,
        brightness=0.6,
        sevenths=False,
        space_s=2.0,
        pump=False,
        patches=Patches(
            bass=("low_strings",),
            chords=("piano",),
            pad=("strings",),
            lead=("piano", "flute"),
            arp=("harp", "piano"),
        ),
    ),
    Genre(
        name="ambient",
        aliases=("drone", "meditation", "new age", "soundscape", "sleep music", "spa"),
        tempo_bpm=(56, 72),
        modes=("lydian", "major", "dorian"),
        harmony="modal",
        drums="none",
        kit="large",
        bass="pedal",
        chords="sustain",
        swing=0.0,
        energy=0.16,
        brightness=0.5,
        sevenths=True,
        space_s=3.2,
        pump=False,
        patches=Patches(
            bass=("sub_bass",),
            chords=("warm_pad", "glass_pad"),
            pad=("choir", "glass_pad"),
            lead=("bell", "flute"),
            arp=("harp", "bell"),
        ),
    ),
    Genre(
        name="folk",
        aliases=("acoustic", "country", "americana", "singer-songwriter", "bluegrass", "celtic"),
        tempo_bpm=(88, 118),
        modes=("major", "mixolydian", "major"),
        harmony="pop",
        drums="brush",
        kit="brushed",
        bass="rootfive",
        chords="strum",
        swing=0.1,
        energy=0.46,
        brightness=0.6,
        sevenths=False,
        space_s=0.9,
        pump=False,
        patches=Patches(
            bass=("upright_bass",),
            chords=("steel_guitar",),
            pad=("strings",),
            lead=("flute", "low_strings"),
            arp=("nylon_guitar", "steel_guitar"),
        ),
    ),
    Genre(
        name="reggae",
        aliases=("dub", "ska", "dancehall"),
        tempo_bpm=(70, 88),
        modes=("major", "minor", "mixolydian"),
        harmony="rock",
        drums="onedrop",
        kit="live",
        bass="dub",
        chords="skank",
        swing=0.2,
        energy=0.5,
        brightness=0.5,
        sevenths=False,
        space_s=1.1,
        pump=False,
        patches=Patches(
            bass=("electric_bass", "sub_bass"),
            chords=("clean_guitar",),
            pad=("organ",),
            lead=("brass",),
            arp=("organ",),
        ),
    ),
    Genre(
        name="funk",
        aliases=("soul", "motown", "gospel"),
        tempo_bpm=(98, 116),
        modes=("dorian", "mixolydian"),
        harmony="modal",
        drums="funk",
        kit="tight",
        bass="slap",
        chords="scratch",
        swing=0.14,
        energy=0.74,
        brightness=0.6,
        sevenths=True,
        space_s=0.6,
        pump=False,
        patches=Patches(
            bass=("electric_bass",),
            chords=("clean_guitar",),
            pad=("electric_piano", "organ"),
            lead=("brass", "sax"),
            arp=("electric_piano",),
        ),
    ),
    Genre(
        name="disco",
        aliases=("nu disco", "french house", "boogie"),
        tempo_bpm=(112, 122),
        modes=("minor", "dorian", "major"),
        harmony="pop",
        drums="disco",
        kit="tight",
        bass="octaves",
        chords="scratch",
        swing=0.05,
        energy=0.8,
        brightness=0.64,
        sevenths=True,
        space_s=0.9,
        pump=False,
        patches=Patches(
            bass=("electric_bass", "synth_bass"),
            chords=("clean_guitar", "electric_piano"),
            pad=("strings",),
            lead=("strings", "brass"),
            arp=("pluck",),
        ),
    ),
    Genre(
        name="synthwave",
        aliases=("retrowave", "outrun", "80s", "eighties", "new wave", "darkwave"),
        tempo_bpm=(84, 112),
        modes=("minor", "minor", "dorian"),
        harmony="pop",
        drums="synthwave",
        kit="gated",
        bass="sixteenths",
        chords="sustain",
        swing=0.0,
        energy=0.68,
        brightness=0.55,
        sevenths=False,
        space_s=1.6,
        pump=True,
        patches=Patches(
            bass=("synth_bass",),
            chords=("warm_pad",),
            pad=("strings", "glass_pad"),
            lead=("synth_lead",),
            arp=("pluck",),
        ),
    ),
    Genre(
        name="drum_and_bass",
        aliases=("drum and bass", "drum & bass", "drum n bass", "dnb", "jungle", "breakbeat"),
        tempo_bpm=(170, 176),
        modes=("minor",),
        harmony="pop",
        drums="breaks",
        kit="machine",
        bass="reese",
        chords="sustain",
        swing=0.0,
        energy=0.9,
        brightness=0.6,
        sevenths=False,
        space_s=1.2,
        pump=True,
        patches=Patches(
            bass=("reese_bass",),
            chords=("warm_pad", "electric_piano"),
            pad=("strings", "glass_pad"),
            lead=("pluck", "synth_lead"),
            arp=("pluck", "bell"),
        ),
    ),
    Genre(
        name="bossa_nova",
        aliases=("bossa nova", "bossa", "latin", "samba", "tango"),
        tempo_bpm=(112, 134),
        modes=("major", "minor"),
        harmony="jazz",
        drums="bossa",
        kit="brushed",
        bass="bossa",
        chords="bossa",
        swing=0.0,
        energy=0.42,
        brightness=0.58,
        sevenths=True,
        space_s=0.8,
        pump=False,
        patches=Patches(
            bass=("upright_bass",),
            chords=("nylon_guitar",),
            pad=("strings",),
            lead=("flute", "sax"),
            arp=("vibes", "nylon_guitar"),
        ),
    ),
    Genre(
        name="rnb",
        aliases=("r&b", "r & b", "neo soul", "neo-soul", "trap soul"),
        tempo_bpm=(66, 92),
        modes=("minor", "dorian", "major"),
        harmony="jazz",
        drums="neosoul",
        kit="tight",
        bass="syncopated",
        chords="lazy",
        swing=0.25,
        energy=0.46,
        brightness=0.46,
        sevenths=True,
        space_s=1.0,
        pump=False,
        patches=Patches(
            bass=("sub_bass", "electric_bass"),
            chords=("electric_piano",),
            pad=("warm_pad",),
            lead=("vibes", "synth_lead"),
            arp=("pluck", "electric_piano"),
        ),
    ),
)

BY_NAME: dict[str, Genre] = {genre.name: genre for genre in GENRES}

#: What an order without any genre word may become.
OPEN_CHOICE: tuple[str, ...] = ("pop", "lofi", "house", "folk", "synthwave", "dream_pop")


def _words() -> dict[str, str]:
    words: dict[str, str] = {}
    for genre in GENRES:
        words[genre.name.replace("_", " ")] = genre.name
        for alias in genre.aliases:
            words[alias] = genre.name
    return words


#: Every word for a genre, mapped to its name.
GENRE_WORDS: dict[str, str] = _words()
