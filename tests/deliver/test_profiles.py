"""What places ask for: named, sourced, and open to more."""

import pytest

from musicnb.deliver import PROFILES, Profile, profile_named
from musicnb.errors import InvalidInput


@pytest.mark.parametrize("name", PROFILES)
def test_profile_names_its_source_its_date_and_how_far_it_was_checked(name):
    """A target without a source is a rumour."""
    profile = PROFILES[name]
    assert profile.name == name
    assert "http" in profile.source or "audiokinetic" in profile.source
    assert len(profile.source_date.split("-")) == 3
    assert profile.checked.endswith(".")
    assert profile.source_date in str(profile)


def test_two_editions_of_one_page_that_disagree_are_two_profiles():
    """Which of them holds is decided by a person."""
    assert PROFILES["spotify-ad"].loudness_lufs != PROFILES["spotify-ad-14"].loudness_lufs
    assert "spotify-ad-14" in PROFILES["spotify-ad"].checked


def test_profile_of_ones_own_is_found_by_its_name(monkeypatch):
    """The table can be extended."""
    mine = PROFILES["ebu-r128"].changed(name="mine", loudness_lufs=-18.0)
    monkeypatch.setitem(PROFILES, "mine", mine)
    assert profile_named("mine") is mine
    assert profile_named(mine) is mine


@pytest.mark.parametrize("name", ["nowhere", "", None, 3, ["ebu-r128"]])
def test_unknown_profile_is_refused_with_those_that_there_are(name):
    """A typing error costs one look."""
    with pytest.raises(InvalidInput, match="ebu-r128"):
        profile_named(name)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "Not a name"),
        ("source", ""),
        ("checked", ""),
        ("loudness_lufs", 3.0),
        ("loudness_lufs", float("nan")),
        ("true_peak_dbtp", "loud"),
        ("tolerance_lu", 0),
        ("sample_rate", -1),
        ("channels", 6),
        ("longest_s", float("inf")),
        ("longest_s", 10**400),
        ("size_limit_bytes", True),
        ("size_limit_bytes", 1.5),
        ("sample_rate", 44_100.5),
        ("channels", True),
        ("bits", 24.0),
        ("title", 3),
        ("title", "\ud800"),
        ("source", 3),
        ("format", "AAC"),
        ("bits", 12),
        ("bitrate_kbps", 192),
    ],
)
def test_field_outside_reason_is_named(field, value):
    """What cannot be delivered is refused before anything is made."""
    fields = {"name": "x", "title": "X", "format": "WAV", "source": "s", "source_date": "d"}
    with pytest.raises(InvalidInput) as caught:
        Profile(**{**fields, "checked": "c", field: value})
    wanted = "format" if (field, value) in (("bits", 12), ("bitrate_kbps", 192)) else field
    assert [fault.field for fault in caught.value.faults] == [wanted]


def test_rate_that_the_format_does_not_know_is_refused():
    """MP3 has no 96 kHz."""
    with pytest.raises(InvalidInput, match="sample_rate"):
        PROFILES["podcast-16"].changed(sample_rate=96_000)
