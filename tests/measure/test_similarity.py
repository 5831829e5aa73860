"""Copies of a recording are told from other takes of the same order."""

import dataclasses

import numpy as np
import pytest
from clips import COPIES, RATE, clip, fingerprint

from musicnb.measure import SAME_RECORDING, near_duplicates, similarity

PROMPTS = ("dream pop, 12 seconds", "techno, 12 seconds", "jazz piano trio, 12 seconds")


@pytest.fixture(scope="module")
def fingerprints():
    """Return of each prompt: of three takes, and of the first one's copies by name."""
    return [
        (
            [fingerprint(clip(prompt, take)) for take in range(3)],
            {name: fingerprint(change(clip(prompt))) for name, change in COPIES.items()},
        )
        for prompt in PROMPTS
    ]


@pytest.mark.parametrize("name", COPIES)
def test_copy_is_the_same_recording(fingerprints, name):
    """Whatever was done to the file, the content is 0.85 and more."""
    for takes, copies in fingerprints:
        assert similarity(takes[0], copies[name]).content >= SAME_RECORDING


def test_copies_and_variations_are_told_apart(fingerprints):
    """The area under the curve, copies against other takes of the prompt, is 0.99 and more."""
    copies = [similarity(t[0], c).content for t, many in fingerprints for c in many.values()]
    variations = [
        similarity(t[a], t[b]).content for t, _ in fingerprints for a, b in ((0, 1), (0, 2), (1, 2))
    ]
    won = np.greater.outer(copies, variations).mean()
    assert won + np.equal.outer(copies, variations).mean() / 2 >= 0.99
    assert max(variations) < SAME_RECORDING


def test_style_is_nearer_among_takes_than_among_prompts(fingerprints):
    """Another take of a prompt sounds more alike than another prompt does, as a rule."""
    within = [similarity(t[0], t[1]).style for t, _ in fingerprints]
    across = [
        similarity(a[0][0], b[0][0]).style for a in fingerprints for b in fingerprints if a is not b
    ]
    assert np.median(within) > np.median(across)


def test_lag_tells_where_the_copy_lies(fingerprints):
    """Three quarters of a second later, or three seconds earlier, within a tenth."""
    takes, copies = fingerprints[0]
    assert similarity(takes[0], copies["shift"]).lag_s == pytest.approx(0.73, abs=0.1)
    assert similarity(copies["trim"], takes[0]).lag_s == pytest.approx(3, abs=0.1)


def test_near_duplicates_of_a_collection_are_found(fingerprints):
    """All pairs of a recording and its copies, and no pair of two recordings."""
    owners, collection = [], []
    for place, (takes, copies) in enumerate(fingerprints):
        for owner, some in ((f"{place} a", [takes[0], copies["ogg"], copies["gain"]]),
                            (f"{place} b", [takes[1]])):  # fmt: skip
            owners += [owner] * len(some)
            collection += some
    pairs = near_duplicates(collection)
    assert all(owners[pair.first] == owners[pair.second] for pair in pairs)
    assert len(pairs) == 3 * len(fingerprints)
    again = similarity(collection[pairs[-1].first], collection[pairs[-1].second])
    assert again.content == pytest.approx(pairs[-1].content, abs=1e-4)


def test_copy_at_another_sample_rate_is_known_again():
    """Half the rate and one channel: the fingerprint knows neither."""
    samples = clip(PROMPTS[0])
    halved = fingerprint(COPIES["low-pass"](samples)[::2], RATE // 2)
    assert similarity(fingerprint(samples), halved).content >= SAME_RECORDING


def test_silent_and_short_clips_are_like_nothing(fingerprints):
    """There is no content to compare; NaN says so, and no pair is named."""
    silent, short = fingerprint(np.zeros((RATE * 8, 2))), fingerprint(clip(PROMPTS[0])[: 3 * RATE])
    for empty in (silent, short):
        assert np.isnan(similarity(fingerprints[0][0][0], empty).content)
    assert np.isnan(similarity(silent, silent).style)
    assert near_duplicates([silent, silent, short, short]) == []


def test_fingerprint_is_small_and_plain_bytes(fingerprints):
    """60 bytes a second and 256 more, and equal when rebuilt from its bytes."""
    one = fingerprints[0][0][0]
    seconds = len(clip(PROMPTS[0])) / RATE
    assert len(one.chroma) + len(one.bands) <= 60 * seconds + 256
    assert type(one)(**dataclasses.asdict(one)) == one
