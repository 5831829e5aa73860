"""What tables look up of thousands of measured files, in one file of its own."""

import hashlib
import os

import pytest
from shelving import Sung, measured

from musicnb.analysis import MeasureCache, digest_of, digests, keep_digests

NAMES = [hashlib.sha256(bytes([number])).hexdigest() for number in range(3)]


@pytest.fixture
def cache(tmp_path):
    """Remember two contents of three."""
    entries = MeasureCache(tmp_path / "measures")
    for number, name in enumerate(NAMES[:2]):
        entries.put(name, measured(Sung(style=number, defects=("dropout", "dropout"))))
    return tmp_path / "measures"


def common_file(cache):
    return cache / "digests.json"


def test_digest_has_the_measures_own_values(cache):
    """Under their own names; a key is one word, a kind of defect stands once."""
    one = measured(Sung(defects=("dropout", "dropout")))
    found = digests(cache, NAMES)[NAMES[0]]
    assert found == digest_of(one)
    assert found.tempo_bpm == one.tempo_bpm
    assert found.key == f"{one.key} {one.mode}"
    assert found.defects == "dropout"
    assert found.style_bytes() == one.fingerprint.bands


def test_only_what_was_measured_is_found_and_only_what_was_asked_for(cache):
    """Nothing is measured on the way."""
    assert digests(cache, NAMES).keys() == set(NAMES[:2])
    assert digests(cache, NAMES[1:]).keys() == {NAMES[1]}
    assert digests(cache / "nowhere", NAMES) == {}
    assert not (cache / "nowhere").exists()


def test_second_look_reads_the_common_file_alone(cache):
    """The entries could be gone."""
    first = digests(cache, NAMES)
    for name in NAMES[:2]:
        (cache / f"{name}.json").unlink()
    assert digests(cache, NAMES) == first


def test_digests_that_are_kept_need_no_entry(cache):
    """Whoever has just measured thousands of files does not read them all once more."""
    first = digests(cache, NAMES)
    keep_digests(cache, {NAMES[2]: digest_of(measured(Sung()))})
    assert digests(cache, NAMES) == {**first, NAMES[2]: digest_of(measured(Sung()))}
    keep_digests(cache / "nowhere", first)  # where nothing can be kept, nothing is
    assert digests(cache / "nowhere", NAMES) == {}


@pytest.mark.parametrize("harm", [b"", b"x", b'[{"a":1},{}]'])
def test_damaged_common_file_is_made_anew(cache, harm):
    """From the entries, which are whole."""
    first = digests(cache, NAMES)
    whole = common_file(cache).read_bytes()
    for damaged in (harm, whole.replace(b"dropout", b"drop-in"), whole[:-9]):
        common_file(cache).write_bytes(damaged)
        assert digests(cache, NAMES) == first
        assert sorted(common_file(cache).read_bytes()) == sorted(whole)


def test_entry_of_other_code_is_read_once_until_it_is_written_anew(cache):
    """Ten thousand of them must not be read at every table."""
    stale = cache / f"{NAMES[2]}.json"
    stale.write_text("{}")
    os.utime(stale, ns=(1, 1))
    assert NAMES[2] not in digests(cache, NAMES)
    written = common_file(cache).stat().st_mtime_ns
    assert NAMES[2] not in digests(cache, NAMES)
    assert common_file(cache).stat().st_mtime_ns == written
    MeasureCache(cache).put(NAMES[2], measured(Sung()))
    assert digests(cache, NAMES).keys() == set(NAMES)


def test_folder_that_cannot_be_written_is_read_all_the_same(cache):
    """Reading again next time is no error."""
    common_file(cache).mkdir()
    assert digests(cache, NAMES).keys() == set(NAMES[:2])
    assert not list(cache.glob(".*.part"))
