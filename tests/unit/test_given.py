"""Numbers of any kind are taken; what only looks like one is not, and all can be shown."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from musicnb import TextToMusic
from musicnb._given import plain, real, shown, whole
from musicnb.convert import Changes
from musicnb.deliver import PROFILES
from musicnb.errors import InvalidInput
from musicnb.sweep import plan_sweep

#: Python refuses to write it.
ENDLESS = 10**5_000


class Unspeakable:
    """Somebody's own class, with a fault in it."""

    def __repr__(self):
        raise ZeroDivisionError


@pytest.mark.parametrize(
    ("given", "as_whole", "as_real"),
    [
        (3, 3, 3.0), (np.int8(3), 3, 3.0), (np.uint64(2**63), 2**63, 2.0**63), (2.0, None, 2.0),
        (np.float32(0.5), None, 0.5), (Fraction(1, 2), None, 0.5), (10**400, 10**400, None),
        (True, None, None), (np.True_, None, None), (float("nan"), None, None),
        (np.float64("inf"), None, None), ("3", None, None), (Decimal(3), None, None),
        (np.timedelta64(3, "ms"), None, None), (None, None, None), (np.array([3, 4]), None, None),
    ],
)  # fmt: skip
def test_number_is_read_as_pythons_own(given, as_whole, as_real):
    """Whatever made it; a truth value, text and a time span are none."""
    assert (whole(given), real(given)) == (as_whole, as_real)
    assert type(whole(given)) in (int, type(None))
    assert type(real(given)) in (float, type(None))


def test_what_is_no_number_stays_as_it_is():
    """Text, a truth value, nothing."""
    for value in ("3", True, None, [np.int64(3)]):
        assert plain(value) is value
    assert [type(plain(value)) for value in (np.int64(3), np.float32(3))] == [int, float]


def test_any_value_can_be_shown_in_one_short_line():
    """Also one that cannot be written."""
    assert shown("a\nb") == r"'a\nb'"
    assert len(shown("x" * 1_000)) == 80
    assert "cannot be shown" in shown(ENDLESS)
    assert "cannot be shown" in shown(Unspeakable())


def test_sweep_takes_numbers_of_numpy_and_orders_the_same():
    """As repeats, as counts of an axis, as values of one."""
    brief = TextToMusic("pop", model="suno-5.5", instrumental=True)

    def digest(repeats, count, weight):
        axes = {"model": {"suno-5.5": count}, "style_weight": [weight]}
        return plan_sweep("s", brief, axes, repeats=repeats).digest

    plain_numbers = digest(2, 3, 0.5)
    assert digest(np.int64(2), np.int32(3), np.float32(0.5)) == plain_numbers
    for wrong in (np.True_, np.float64(2), float("nan"), ENDLESS):
        with pytest.raises(InvalidInput, match="repeats"):
            plan_sweep("s", brief, {"model": ["suno-5.5"]}, repeats=wrong)


def test_profile_and_changes_take_numbers_of_numpy_as_pythons_own():
    """They end in JSON, which knows no other."""
    profile = PROFILES["ebu-r128"].changed(
        sample_rate=np.int64(44_100), channels=np.int8(1), loudness_lufs=np.float32(-20)
    )
    assert profile == PROFILES["ebu-r128"].changed(
        sample_rate=44_100, channels=1, loudness_lufs=-20.0
    )
    assert type(profile.sample_rate) is int
    changes = Changes(start_s=np.float32(0.5), end_s=Fraction(3, 2), sample_rate=np.int64(48_000))
    assert changes == Changes(start_s=0.5, end_s=1.5, sample_rate=48_000)
    assert type(changes.sample_rate) is int


@pytest.mark.parametrize("wrong", [np.True_, np.float64("nan"), "1", Unspeakable()], ids=type)
def test_what_is_no_number_is_refused_by_its_field(wrong):
    """Whatever it is, the error can be read."""
    for value in (wrong, ENDLESS):
        for field in ("tolerance_lu", "loudness_lufs", "longest_s"):
            with pytest.raises(InvalidInput, match=field):
                PROFILES["ebu-r128"].changed(**{field: value})
        with pytest.raises(InvalidInput, match="end_s"):
            Changes(end_s=value)
