"""Instrument words: which part they name and which patch plays them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Instrument:
    """One instrument a prompt can ask for.

    Attributes
    ----------
    patch : str
        Name of the sound.
    roles : tuple of str
        Parts it can play, preferred first.
    words : tuple of str
        What people call it, lower case; a plural "s" is understood.
    """

    patch: str
    roles: tuple[str, ...]
    words: tuple[str, ...]


INSTRUMENTS: tuple[Instrument, ...] = (
    Instrument("piano", ("chords", "lead"), ("piano", "grand piano", "upright piano")),
    Instrument("electric_piano", ("chords",), ("electric piano", "rhodes", "wurlitzer", "keys")),
    Instrument("organ", ("chords", "pad"), ("organ", "hammond")),
    Instrument("strings", ("pad", "lead"), ("string", "orchestra", "string section")),
    Instrument("violin", ("lead",), ("violin", "fiddle", "viola")),
    Instrument("low_strings", ("lead", "pad"), ("cello", "low strings")),
    Instrument("steel_guitar", ("chords", "arp"), ("acoustic guitar", "guitar")),
    Instrument("nylon_guitar", ("arp", "chords"), ("nylon guitar", "classical guitar")),
    Instrument("clean_guitar", ("chords", "arp"), ("electric guitar", "clean guitar")),
    Instrument(
        "distorted_guitar",
        ("chords",),
        ("distorted guitar", "heavy guitar", "overdriven guitar", "power chord"),
    ),
    Instrument("lead_guitar", ("lead",), ("lead guitar", "guitar solo")),
    Instrument("brass", ("lead",), ("brass", "trumpet", "horn", "trombone")),
    Instrument("sax", ("lead",), ("sax", "saxophone")),
    Instrument("clarinet", ("lead",), ("clarinet", "oboe", "bassoon")),
    Instrument("harmonica", ("lead",), ("harmonica", "melodica", "bagpipe")),
    Instrument("accordion", ("chords", "lead"), ("accordion", "bandoneon", "concertina")),
    Instrument("flute", ("lead",), ("flute", "whistle", "pan flute", "recorder")),
    Instrument("bell", ("lead", "arp"), ("bell", "celesta", "glockenspiel", "music box")),
    Instrument("vibes", ("lead", "arp"), ("vibraphone", "vibes")),
    Instrument("marimba", ("arp", "lead"), ("marimba", "xylophone", "balafon")),
    Instrument("kalimba", ("arp", "lead"), ("kalimba", "thumb piano", "mbira")),
    Instrument("steel_drum", ("arp", "lead"), ("steel drum", "steelpan", "handpan")),
    Instrument("harp", ("arp",), ("harp", "lyre", "koto")),
    Instrument("harpsichord", ("chords", "arp"), ("harpsichord", "clavinet", "spinet")),
    Instrument("banjo", ("arp", "chords"), ("banjo",)),
    Instrument("mandolin", ("chords", "arp"), ("mandolin", "ukulele", "bouzouki")),
    Instrument("choir", ("pad",), ("choir", "choral")),
    Instrument("warm_pad", ("pad",), ("pad", "synth pad", "analog pad")),
    Instrument("glass_pad", ("pad",), ("glass pad", "shimmer pad")),
    Instrument("synth_lead", ("lead",), ("synth", "synth lead", "lead synth", "synthesizer")),
    Instrument("pluck", ("arp",), ("pluck", "arpeggio", "arp", "sequencer")),
    Instrument("electric_bass", ("bass",), ("bass guitar", "electric bass", "slap bass")),
    Instrument("upright_bass", ("bass",), ("upright bass", "double bass", "contrabass")),
    Instrument("synth_bass", ("bass",), ("synth bass", "analog bass", "acid bass")),
    Instrument("bass_808", ("bass",), ("808", "808 bass")),
    Instrument("sub_bass", ("bass",), ("sub bass", "sub")),
    Instrument("reese_bass", ("bass",), ("reese", "reese bass")),
)

#: Words for a whole part; "no drums" and the negative tag "drums" silence it.
ROLE_WORDS: dict[str, str] = {
    "drum": "drums",
    "percussion": "drums",
    "beat": "drums",
    "drum machine": "drums",
    "kick": "drums",
    "snare": "drums",
    "hi-hat": "drums",
    "cymbal": "drums",
    "bass": "bass",
    "bassline": "bass",
    "chord": "chords",
    "melody": "lead",
    "lead": "lead",
    "pad": "pad",
    "arpeggio": "arp",
    "arp": "arp",
}

#: Patches that stand in when a negative tag removes the first choice, per part.
SUBSTITUTES: dict[str, tuple[str, ...]] = {
    "bass": ("electric_bass", "synth_bass", "upright_bass", "sub_bass"),
    "chords": ("electric_piano", "piano", "clean_guitar", "warm_pad"),
    "pad": ("warm_pad", "strings", "glass_pad", "organ"),
    "lead": ("synth_lead", "flute", "vibes", "piano"),
    "arp": ("pluck", "marimba", "harp", "bell"),
}

#: What weird music may put in a part's place.
UNUSUAL: dict[str, tuple[str, ...]] = {
    "bass": ("reese_bass", "bass_808", "upright_bass", "low_strings"),
    "chords": ("harpsichord", "accordion", "organ", "mandolin", "choir"),
    "pad": ("glass_pad", "choir", "accordion", "low_strings"),
    "lead": ("kalimba", "steel_drum", "violin", "clarinet", "harmonica", "bell"),
    "arp": ("banjo", "kalimba", "steel_drum", "harpsichord", "marimba"),
}

#: Patches a negative word removes beside its own, because they are heard as the same family.
FAMILIES: dict[str, tuple[str, ...]] = {
    "guitar": (
        "steel_guitar",
        "nylon_guitar",
        "clean_guitar",
        "distorted_guitar",
        "lead_guitar",
    ),
    "piano": ("piano", "electric_piano"),
    "string": ("strings", "low_strings", "violin"),
    "synth": ("synth_lead", "pluck", "stab", "synth_bass", "warm_pad", "glass_pad"),
    "orchestra": ("strings", "low_strings", "violin", "brass"),
    "wind": ("flute", "sax", "clarinet", "brass", "harmonica"),
    "mallet": ("marimba", "vibes", "kalimba", "steel_drum"),
    "bell": ("bell", "vibes"),
}
