"""Blind listening: every vote is kept, nothing is given away, and it goes on where it ended."""

import builtins
import hmac
import itertools
import json
import re
import resource
import shutil
import signal
import subprocess
import sys
import zipfile

import numpy as np
import pytest
import soundfile as sf
from ipywidgets.widgets.widget import _instances

from musicnb import Studio, TextToMusic
from musicnb.errors import InvalidInput, LibraryError
from musicnb.measure import Gauge
from musicnb.studio._sealed import SealedSounds
from musicnb.widgets import BlindListening

PATIENCE_S = 240
MOODS = ["calm", "bright", "dark"]
MODELS = ["suno-5.5", "minimax-music-2.6"]


@pytest.fixture(scope="module")
def run(studio):
    """Nine clips of two models and three moods."""
    brief = TextToMusic("{mood} pop, 4 s", instrumental=True)
    plan = studio.sweep("heard", brief, {"mood": MOODS, "model": MODELS})
    return plan.run(max_credits=400).wait(PATIENCE_S)


@pytest.fixture
def session(run, request):
    """Start a session for one test."""
    return run.listen(6, name=request.node.name[:80], goal="top 2", votes=14, seed=5)


def sealed(studio, session):
    """Return the folder of a session's excerpts."""
    return studio.library.folder / "sealed" / session._kept.secret[:16]


def answer_all(session, answer=lambda n: "AB"[n % 2]):
    screen = session.screen()
    while screen.state != "done":
        screen = session.resume() if screen.state == "break" else screen
        screen = session.vote(answer(screen.answered))
    return session


def test_session_runs_from_the_first_pair_to_the_ranking(session):
    """Screen, sounds, votes, end, reveal: the ranking and the shortlist of its goal."""
    screen = session.screen()
    assert (screen.state, screen.number, screen.of, screen.answered) == ("pair", 1, 14, 0)
    assert session.screen() == screen
    later = session.vote("A", reasons=["groove"], note="nice", heard_s=(4, 5))
    assert (later.number, later.answered) == (2, 1)
    assert later.token != screen.token
    answer_all(session)
    assert session.screen().state == "done"
    session.reveal()
    assert session.screen().state == "revealed"
    assert len(session.votes) == 14
    assert session.votes[0].reasons == ("groove",)
    assert session.votes[0].heard_s == (4, 5)
    assert len(session.shortlist) == 2
    assert set(session.shortlist) <= set(session.clips)
    assert sum(tally.heard for tally in session.ranking().tallies) == 28


def test_what_is_heard_differs_in_nothing_but_its_sound(session, run, studio):
    """Excerpts: one length, one rate, no metadata, loudness within half an LU, never amplified."""
    wholes = {clip.loudness_lufs for clip in run.clips}
    heard = {}
    for _ in range(10):
        screen = session.screen()
        for slot in "AB":
            data = session.sound(screen.token, slot)
            heard[data] = screen
        session.vote("tie")
    assert len({len(data) for data in heard}) == 1
    assert len({data[:44] for data in heard}) == 1
    assert len(heard) == 6
    levels = []
    for data in heard:
        assert re.fullmatch(rb"RIFF.{4}WAVEfmt .{20}data.{4}", data[:44], re.DOTALL)
        path = studio.library.folder / "heard.wav"
        path.write_bytes(data)
        samples, rate = sf.read(path, dtype="float32", always_2d=True)
        gauge = Gauge(rate, samples.shape[1])
        gauge.push(samples)
        levels.append(gauge.close().loudness_lufs)
        assert len(samples) == pytest.approx(screen.seconds * rate, abs=1)
        assert np.abs(samples).max() < 1
    assert max(levels) - min(levels) < 0.5
    assert max(levels) < max(wholes) + 3  # the loudest stretch, but for attenuation


def test_sealed_session_names_no_clip(session, run, studio):
    """Neither its screen, its words, its errors nor the names on disk give a clip away."""
    said = [repr(session), str(session.screen()), session.estimate]
    for what in ("clips", "votes", "shortlist"):
        with pytest.raises(InvalidInput, match="is sealed") as caught:
            getattr(session, what)
        said.append(str(caught.value))
    for what in ("ranking", "consistency", "agreement"):
        with pytest.raises(InvalidInput, match="is sealed") as caught:
            getattr(session, what)()
        said.append(str(caught.value))
    said += [str(path) for path in (studio.library.folder / "sealed").rglob("*")]
    telling = {*MODELS, *(clip.clip_id for clip in run.clips), *(c.title for c in run.clips)}
    telling |= {clip.path.stem for clip in run.clips} | {task.task_id for task in run.tasks}
    assert not [word for word in telling if any(word in text for text in said)]
    session.reveal()
    assert any(word in repr(session) for word in telling)


def test_order_of_the_clips_says_nothing(run):
    """Two seeds give two orders; one seed gives one."""
    orders = [
        [clip.clip_id for clip in run.listen(6, name=name, seed=seed, votes=1).reveal().clips]
        for name, seed in (("order 1", 1), ("order 1 again", 1), ("order 2", 2))
    ]
    assert orders[0] == orders[1] != orders[2]


def test_every_order_has_its_turn(run):
    """Six of nine clips come from all six orders: nobody's second take goes before a first."""
    session = run.listen(6, name="turns", seed=3, votes=1).reveal()
    assert len({clip.job.job_id for clip in session.clips}) == 6


def test_same_call_goes_on_with_the_session(run, session):
    """Running the cell again, or looking it up, finds the votes and the same pair."""
    session.vote("B")
    again = run.listen(6, name=session.name, goal="top 2", votes=14, seed=5)
    assert again.screen().answered == 1
    assert again.screen().token != session.screen().token
    slots = [again.sound(again.screen().token, slot) for slot in "AB"]
    assert slots == [session.sound(session.screen().token, slot) for slot in "AB"]
    for wrong in ({"goal": "top 3"}, {"votes": 12}, {"seed": 6}):
        with pytest.raises(InvalidInput, match="give another name"):
            run.listen(6, name=session.name, **wrong)


def test_listener_with_a_name_of_her_own_has_votes_of_her_own(run, session):
    """Two listeners, one session: pairs and counts are each one's, the ranking is of both."""
    answer_all(session)
    other = run.listen(6, name=session.name, listener="Ada")
    assert other.screen().answered == 0
    answer_all(other)
    assert session.reveal().ranking().listeners == ("Ada", "me")
    assert len(session.votes) == 28


def test_vote_counts_once_and_only_for_the_pair_that_was_heard(session):
    """A double press, an old page, too short a listen, a wrong word."""
    first = session.screen()
    session.vote("A", token=first.token, heard_s=(4, 4))
    assert session.vote("B", token=first.token, heard_s=(4, 4)).answered == 1
    with pytest.raises(InvalidInput, match="token"):
        session.vote("A", token="0" * 32)
    with pytest.raises(InvalidInput, match="hear at least 3 s"):
        session.vote("A", token=session.screen().token, heard_s=(4, 1))
    for wrong in ("C", "a", None, 3, ["A"]):
        with pytest.raises(InvalidInput, match="answer"):
            session.vote(wrong)
    for wrong in ("groove", [""], ["x" * 41], ["x"] * 21, [3], None):
        with pytest.raises(InvalidInput, match="reasons"):
            session.vote("A", reasons=wrong)
    with pytest.raises(InvalidInput, match="note"):
        session.vote("A", note="x" * 2_001)
    with pytest.raises(InvalidInput, match="note"):
        session.vote("A", note="\ud800")
    with pytest.raises(InvalidInput, match="slot"):
        session.sound(session.screen().token, "C")
    assert session.answered == 1


def test_vote_that_was_taken_back_is_asked_again_and_stays_on_record(session, studio):
    """The same pair comes once more; the journal has both votes and counts one."""
    screen = session.screen()
    pair = [session.sound(screen.token, slot) for slot in "AB"]
    session.vote("A")
    back = session.undo()
    assert back.answered == 0
    assert [session.sound(back.token, slot) for slot in "AB"] == pair
    session.vote("B")
    kept = studio.library.journal.sessions.votes(session.name, withdrawn=True)
    assert [vote.answer for vote in kept] == ["A", "B"]
    assert kept[0].withdrawn_at is not None
    assert [vote.answer for vote in session.reveal().votes] == ["B"]
    for closed in (session.undo, lambda: session.vote("A")):
        with pytest.raises(InvalidInput, match="is over"):
            closed()


def test_two_handles_keep_to_the_planned_votes(run):
    """What the other has answered counts."""
    session = run.listen(6, name="two handles", votes=1, seed=3)
    other = run.listen(6, name="two handles")
    token = session.screen().token
    other.vote("B")
    with pytest.raises(InvalidInput, match="answered"):
        session.vote("A", token=token)
    assert session.answered == 1
    assert session.pair_folder == other.pair_folder
    assert session.pair_folder != run.listen(6, name="two handles", listener="Bo").pair_folder


def test_break_comes_after_twenty_votes(run):
    """Ears get a rest; nothing is lost by it."""
    session = run.listen(6, name="break", votes=30, seed=1)
    for _ in range(20):
        screen = session.vote("tie")
    assert screen.state == "break"
    assert screen.token == ""
    with pytest.raises(InvalidInput, match=r"resume\(\)"):
        session.vote("tie")
    assert session.resume().state == "pair"
    assert session.screen().answered == 20


def test_repeats_come_unannounced_and_measure_the_listener(run):
    """About one pair in ten is an earlier one the other way round."""
    session = run.listen(6, name="repeats", votes=40, seed=2)
    answer_all(session, lambda _: "A")
    repeats = [vote for vote in session.reveal().votes if vote.is_repeat]
    assert 2 <= len(repeats) <= 6
    # whoever always says A contradicts herself at every repeat
    (own,) = session.consistency()
    assert own.opposite == own.total == len(repeats)


KILLED = """
import os, signal, sys
from musicnb import Studio
studio = Studio(sys.argv[1], quiet=True)
session = studio.session("killed")
for n in range(7):
    session.vote("AB"[n % 2])
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_killed_process_loses_no_vote(tmp_path):
    """Seven votes, then kill -9: the next process goes on with seven."""
    with Studio(tmp_path / "library", quiet=True) as studio:
        brief = TextToMusic("{mood} pop, 3 s", instrumental=True, model="suno-5.5")
        run = studio.sweep("killed", brief, {"mood": MOODS}).run(max_credits=240).wait(PATIENCE_S)
        run.listen(4, votes=20, seed=1)
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path / "library")], check=False, timeout=PATIENCE_S
    )
    assert ended.returncode == -9
    with Studio(tmp_path / "library", quiet=True) as studio:
        session = studio.session("killed")
        assert session.screen().answered == 7
        answer_all(session)
        answers = [vote.answer for vote in session.reveal().votes[:7]]
        assert answers == ["A", "B", "A", "B", "A", "B", "A"]
        assert studio.library.verify().ok
        with pytest.raises(InvalidInput, match="'killed'"):
            studio.session("another")


def test_votes_travel_in_a_file_without_names(run, session, tmp_path):
    """One listener's file adds to another's session, once; it tells nothing of the clips."""
    answer_all(session)
    path = session.export(tmp_path / "mine.json")
    text = path.read_text()
    assert not [clip.clip_id for clip in run.clips if clip.clip_id in text]
    assert not [model for model in MODELS if model in text]
    assert session.import_votes(path) == 0
    filed = json.loads(text)
    assert "is_repeat" not in text
    empty = json.loads(session.export(tmp_path / "none.json", answers=False).read_text())
    assert empty["votes"] == []
    assert empty["session"] == filed["session"]
    with pytest.raises(FileExistsError):
        session.export(path)
    for name in ("me", "\u202e", "a\n"):
        for vote in filed["votes"]:
            vote["listener"] = name
            fresh = vote["vote_id"] = f"{len(name):02}{vote['vote_id'][2:]}"
            mark = f"{fresh} False".encode()
            code = session._sounds.code("repeats").encode()
            vote["mark"] = hmac.digest(code, mark, "sha256").hex()[:32]
        path.write_text(json.dumps(filed))
        with pytest.raises(InvalidInput, match="listener"):
            session.import_votes(path)


def test_listener_elsewhere_adds_votes_without_learning_a_name(session, run, tmp_path):
    """Handed out, heard in another library, sent back: it counts once, repeats included."""
    given = session.hand_out(tmp_path / "session.zip")
    for clip in run.clips:
        for telling in (clip.clip_id, clip.title, clip.record.sha256, clip.path.stem):
            assert telling.encode() not in given.read_bytes()
    with Studio(tmp_path / "elsewhere", quiet=True) as other:
        guest = other.guest_session(given, listener="Ada")
        guest.vote("A")
        again = other.guest_session(given, listener="Ada")
        assert again.screen().answered == 1
        answer_all(again)
        for refused in (
            again.reveal, again.ranking, lambda: again.import_votes(given), lambda: again.clips,
            lambda: again.hand_out(tmp_path / "x.zip"),
        ):  # fmt: skip
            with pytest.raises(InvalidInput):
                refused()
        votes = again.export(tmp_path / "ada.json")
        kept = other.library.journal.sessions.votes(again.name)
    answer_all(session)
    assert session.import_votes(votes) == 14
    assert session.import_votes(votes) == 0
    session.reveal()
    assert session.ranking().listeners == ("Ada", "me")
    theirs = [vote for vote in session.votes if vote.listener == "Ada"]
    assert [vote.is_repeat for vote in theirs] == [vote.is_repeat for vote in kept]
    assert [vote.answer for vote in theirs] == [vote.answer for vote in kept]
    with pytest.raises(InvalidInput, match="over"):
        session.hand_out(tmp_path / "late.zip")


def test_two_listeners_of_one_name_are_told_apart_and_one_person_is_not_taken_for_two(
    session, tmp_path
):
    """By their votes: a file of which a vote is here already comes from the same person."""
    given = session.hand_out(tmp_path / "session.zip")
    with (
        Studio(tmp_path / "one", quiet=True) as one,
        Studio(tmp_path / "two", quiet=True) as two,
    ):
        ada, other_ada = (at.guest_session(given, listener="Ada") for at in (one, two))
        ada.vote("A")
        other_ada.vote("B")
        first, second = ada.export(tmp_path / "1.json"), other_ada.export(tmp_path / "2.json")
        assert session.import_votes(first) == 1
        with pytest.raises(InvalidInput, match="two people need two names"):
            session.import_votes(second)
        for wrong in ("Ada", "me", "", " ", 3, "a\nb", "x" * 81):
            with pytest.raises(InvalidInput, match="listener"):
                session.import_votes(second, listener=wrong)
        assert session.import_votes(second, listener="Ada L.") == 1
        # later both have heard more, and are known by what they have said before
        for guest in (ada, other_ada):
            guest.vote("tie")
        assert session.import_votes(ada.export(tmp_path / "3.json")) == 1
        later = other_ada.export(tmp_path / "4.json")
        with pytest.raises(InvalidInput, match=r"'Ada L\.' here"):
            session.import_votes(later, listener="Grace")
        assert [session.import_votes(later) for _ in range(2)] == [1, 0]
        # a vote that was taken back elsewhere still tells whose the others are
        ada.undo()
        ada.vote("A")
        assert session.import_votes(ada.export(tmp_path / "5.json")) == 1
    said = [vote.listener for vote in session.reveal().votes]
    assert sorted(said) == ["Ada"] * 3 + ["Ada L."] * 2


def test_listener_whose_name_could_not_travel_is_refused_before_a_vote(session, studio, tmp_path):
    """Wherever a session is opened: votes under such a name could never be added to it."""
    given = session.hand_out(tmp_path / "session.zip")
    with Studio(tmp_path / "elsewhere", quiet=True) as other:
        for name in (5, None, "", "a\nb", "x" * 81, "\ud800"):
            with pytest.raises(InvalidInput, match="listener"):
                studio.session(session.name, listener=name)
            with pytest.raises(InvalidInput, match="listener"):
                other.guest_session(given, listener=name)
        assert other.library.journal.sessions.all() == []
        guest = other.guest_session(given, listener=" Ada ")
        guest.vote("A")
        votes = guest.export(tmp_path / "ada.json")
    assert session.import_votes(votes) == 1


def test_guest_whose_excerpts_have_gone_is_told_to_open_the_file_again(session, tmp_path):
    """And that brings them back, with the votes that were given."""
    given = session.hand_out(tmp_path / "session.zip")
    with Studio(tmp_path / "elsewhere", quiet=True) as other:
        guest = other.guest_session(given, listener="Ada")
        token = guest.vote("A").token
        shutil.rmtree(other.library.folder / "sealed")
        with pytest.raises(LibraryError, match="guest_session"):
            guest.sound(token, "A")
        assert other.guest_session(given, listener="Ada").answered == 1
        assert guest.sound(token, "A").startswith(b"RIFF")


def test_hostile_session_file_is_refused_and_leaves_nothing(session, tmp_path):
    """Text, another archive, a way out, a missing and a longer sound, rules that are none."""
    given = session.hand_out(tmp_path / "session.zip")
    with zipfile.ZipFile(given) as archive:
        good = {name: archive.read(name) for name in archive.namelist()}
    sound = next(name for name in good if name.endswith(".wav"))
    rules = json.loads(good["session.json"])

    def edited(**changes):
        return {**good, "session.json": json.dumps(rules | changes).encode()}

    hostile = [
        {}, {"x": b""}, {**good, "../../x.wav": b"x"}, {**good, sound: good[sound] + b"x"},
        {name: data for name, data in good.items() if name != sound},
        {**good, sound: b"\0" * len(good[sound])}, edited(k=0), edited(k=6), edited(version=2),
        edited(clips=["../x", "y"]), edited(votes=10**9), edited(name=""), edited(more=1),
        {**good, "session.json": b"[" * 100_000}, edited(seconds=1e400),
    ]  # fmt: skip
    with Studio(tmp_path / "elsewhere", quiet=True) as other:
        for number, content in enumerate(hostile):
            path = tmp_path / f"{number}.zip"
            with zipfile.ZipFile(path, "w") as archive:
                for name, data in content.items():
                    archive.writestr(name, data)
            with pytest.raises(InvalidInput):
                other.guest_session(path, listener="Ada")
        with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in good.items():
                archive.writestr(name, data)
        (tmp_path / "text.zip").write_text("hello")
        locked = bytearray(given.read_bytes())
        for record, flags in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
            locked[locked.find(record) + flags] |= 1
        (tmp_path / "locked.zip").write_bytes(locked)
        for name in ("bomb.zip", "text.zip", "none.zip", "locked.zip"):
            with pytest.raises(InvalidInput):
                other.guest_session(tmp_path / name, listener="Ada")
        assert other.library.journal.sessions.all() == []
        sealed = other.library.folder / "sealed"
        assert not sealed.exists() or not list(sealed.iterdir())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("session", "0" * 32), ("clips", ["0" * 32, "1" * 32]), ("version", 2), ("format", "x"),
        ("votes", [{}]), ("votes", {}), ("more", 1),
    ],
)  # fmt: skip
def test_file_of_votes_that_does_not_fit_adds_nothing(session, tmp_path, field, value):
    """Another session's, a later version's, half a file: refused as a whole."""
    session.vote("A")
    path = session.export(tmp_path / "votes.json")
    filed = json.loads(path.read_text())
    filed["votes"][0]["vote_id"] = "a" * 32
    path.write_text(json.dumps(filed | {field: value}))
    with pytest.raises(InvalidInput):
        session.import_votes(path)
    assert session.answered == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"left": "0" * 32}, {"answer": "C"}, {"heard_s": [-1, 0]}, {"note": 3}, {"voted_at": 1e400},
        {"vote_id": "x"}, {"listener": ""}, {"mark": "0" * 32},
    ],
)  # fmt: skip
def test_hostile_vote_in_a_file_adds_nothing(session, tmp_path, wrong):
    """The vote before it is not added either."""
    session.vote("A")
    path = session.export(tmp_path / "votes.json")
    filed = json.loads(path.read_text())
    good = filed["votes"][0] | {"vote_id": "b" * 32}
    path.write_text(json.dumps(filed | {"votes": [good, good | {"vote_id": "c" * 32} | wrong]}))
    with pytest.raises(InvalidInput):
        session.import_votes(path)
    assert session.answered == 1


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"clips": 1}, "clips"), ({"clips": True}, "clips"), ({"clips": []}, "clips"),
        ({"goal": "best"}, "goal"), ({"goal": 0}, "goal"), ({"goal": "top 9"}, "goal"),
        ({"goal": 9}, "goal"), ({"goal": None}, "goal"), ({"votes": 0}, "votes"),
        ({"votes": 2.5}, "votes"), ({"seed": -1}, "seed"), ({"blind": 1}, "blind"),
        ({"excerpt_s": 0}, "excerpt_s"), ({"excerpt_s": "long"}, "excerpt_s"),
        ({"excerpt_s": float("nan")}, "excerpt_s"), ({"excerpt_s": 10**400}, "excerpt_s"),
        ({"least_heard_s": -1}, "least_heard_s"),
        ({"listener": ""}, "listener"), ({"listener": "a\nb"}, "listener"), ({"name": 3}, "name"),
        ({"name": "x" * 81}, "name"), ({"pairs": 3}, "pairs"),
    ],
)  # fmt: skip
def test_wrong_option_is_named_and_starts_nothing(run, studio, options, field):
    """Before a file is made or a row is written."""
    before = len(studio.library.journal.sessions.all())
    with pytest.raises(InvalidInput, match=field):
        run.listen(**({"name": "wrong"} | options))
    assert len(studio.library.journal.sessions.all()) == before


def test_damaged_clip_is_named_before_anything_is_sealed(run, studio):
    """Nothing is started, so it may be said which one."""
    clip = run.clips[0]
    good = clip.path.read_bytes()
    clip.path.write_bytes(b"no music")
    try:
        with pytest.raises(InvalidInput, match=re.escape(clip.title)):
            run.listen(list(run.clips), name="damaged")
    finally:
        clip.path.write_bytes(good)
    assert studio.library.journal.sessions.find("damaged") is None


def test_open_session_hides_nothing(run):
    """``blind=False``: the ranking may be looked at on the way."""
    session = run.listen(4, name="open", blind=False, votes=6, seed=1)
    session.vote("A")
    assert len(session.clips) == 4
    assert "counts only" in str(session.ranking())


def test_sealed_sounds_come_back_where_they_were_deleted_and_go_at_the_end(session, studio):
    """They are a convenience; the clips are what counts."""
    screen = session.screen()
    sound = session.sound(screen.token, "A")
    folder = sealed(studio, session)
    for path in folder.iterdir():
        path.unlink()
    assert session.sound(screen.token, "A") == sound
    for path in folder.iterdir():
        path.write_bytes(path.read_bytes()[:-100])
    assert session.sound(screen.token, "A") == sound
    session.reveal()
    assert not folder.exists()


def test_error_while_sealed_does_not_say_whose_it_is(run, studio, tmp_path):
    """An excerpt and its clip's file are gone: the listener is told, and not which."""
    session = run.listen(4, name="gone", seed=9, votes=4)
    screen = session.screen()
    for path in sealed(studio, session).iterdir():
        path.unlink()
    moved = [clip.path.rename(tmp_path / clip.path.name) for clip in run.clips]
    try:
        with pytest.raises(LibraryError, match="missing or damaged") as caught:
            session.sound(screen.token, "A")
        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None
        assert not any(clip.title in str(caught.value) for clip in run.clips)
    finally:
        for clip, path in zip(run.clips, moved, strict=True):
            path.rename(clip.path)
    assert session.sound(screen.token, "A")


def test_missing_clip_keeps_no_other_from_being_heard(run, studio, tmp_path):
    """All excerpts and three clips' files are gone: the fourth sounds as before, to the byte."""
    session = run.listen(4, name="one left", seed=9, votes=4)
    screen = session.screen()
    before = session.sound(screen.token, "A")
    for path in sealed(studio, session).iterdir():
        path.unlink()
    left = session._shown.pair.left
    gone = [clip for clip in session._clips if clip.clip_id != left]
    moved = [clip.path.rename(tmp_path / clip.path.name) for clip in gone]
    try:
        assert session.sound(screen.token, "A") == before
        with pytest.raises(LibraryError, match="missing or damaged"):
            session.sound(screen.token, "B")
    finally:
        for clip, path in zip(gone, moved, strict=True):
            path.rename(clip.path)
    assert session.sound(screen.token, "B")


def test_excerpts_of_no_session_go_when_the_next_one_starts(run, studio):
    """A killed process made them and no row; those of a session that goes on stay."""
    going_on = run.listen(2, name="goes on", goal=1, votes=2, excerpt_s=1)
    orphan = sealed(studio, going_on).with_name("0123456789abcdef")
    SealedSounds(orphan, "secret", list(run.clips)[:2], 1.0).prepare(progress=False)
    kept = sorted(sealed(studio, going_on).iterdir())
    run.listen(2, name="comes after", goal=1, votes=2, excerpt_s=1)
    assert not orphan.exists()
    assert sorted(sealed(studio, going_on).iterdir()) == kept


def test_excerpts_of_a_session_that_is_being_started_are_not_taken_for_nobodys(run, studio):
    """Another starts while they are made, before the first stands in the journal."""
    nested = []

    def start_another(done, _):
        if done == 3 and not nested:
            nested.append(run.listen(2, name="inner", goal=1, votes=2, excerpt_s=1))

    outer = run.listen(2, name="outer", goal=1, votes=2, excerpt_s=1, progress=start_another)
    assert [len(list(sealed(studio, one).iterdir())) for one in (outer, *nested)] == [2, 2]


def test_cell_that_runs_again_and_again_leaves_one_display(session, studio):
    """Of the same handle and of later ones; the last is told of a vote."""
    for handle in (session, session, studio.session(session.name)) * 3:
        handle._ipython_display_()
    shown = [one for one in _instances.values() if isinstance(one, BlindListening)]
    mine = [one for one in shown if one._desk.name == session.name]
    assert len(mine) == 1
    assert mine[0]._desk is handle
    assert (len(session._watchers), len(handle._watchers)) == (0, 1)
    handle.vote("A")
    assert mine[0].screen["answered"] == 1


def test_seed_is_not_told_while_a_session_is_sealed(run, session, tmp_path):
    """With it the order could be drawn again: not by name, an error, or a file."""
    for ask in (lambda: session.seed, lambda: session.setup):
        with pytest.raises(InvalidInput, match="is sealed"):
            ask()
    drawn = run.listen(6, name="seed of its own", votes=3)
    with zipfile.ZipFile(drawn.hand_out(tmp_path / "out.zip")) as handed_out:
        elsewhere = json.loads(handed_out.read("session.json"))["seed"]
    with pytest.raises(InvalidInput, match="seed") as caught:
        run.listen(6, name="seed of its own", seed=1)
    seed = drawn.reveal().seed
    assert seed != elsewhere
    assert str(seed) not in str(caught.value)
    assert str(seed) not in repr(drawn.setup)


def test_pair_that_cannot_be_written_is_told_and_leaves_no_half(session, tmp_path):
    """A file for a folder, a folder for a file, a disk that fills up between A and B."""
    folder = tmp_path / "pair"
    assert [path.stat().st_size for path in session.write_pair(folder)]
    session.vote("A")
    size = len(session.sound(session.screen().token, "A"))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size // 2, before[1]))
    try:
        with pytest.raises(LibraryError, match="pair cannot be written"):
            session.write_pair(folder)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    # half of the last pair would be heard as half of this one
    assert list(folder.iterdir()) == []
    (tmp_path / "file").write_text("x")
    with pytest.raises(LibraryError, match="pair cannot be written"):
        session.write_pair(tmp_path / "file")
    (folder / "B.wav").mkdir()
    with pytest.raises(LibraryError, match="pair cannot be written"):
        session.write_pair(folder)
    assert [path.name for path in folder.iterdir()] == ["B.wav"]
    for wrong in ("", 3, None):
        with pytest.raises(InvalidInput, match="path"):
            session.write_pair(wrong)


def test_terminal_asks_until_all_is_answered(session, monkeypatch, capsys):
    """Typed answers, a wrong one, one taken back; nobody at the keyboard ends it."""
    typed = iter(["a", "x", "undo", "b", "t", "u", "stop"])
    monkeypatch.setattr(builtins, "input", lambda _: next(typed))
    monkeypatch.setattr("time.monotonic", itertools.count(0, 10).__next__)
    session.ask()
    monkeypatch.undo()
    assert session.answered == 3
    shown = capsys.readouterr().out
    assert "pair 1 of 14" in shown
    assert "use one of A, B, tie" in shown
    # what was heard does not lie about afterwards
    assert session.pair_folder.parent.name == "listening"
    assert not session.pair_folder.exists()

    def nobody(_):
        raise EOFError

    monkeypatch.setattr(builtins, "input", nobody)
    assert session.ask().answered == 3
