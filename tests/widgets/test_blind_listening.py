"""Blind listening between page and desk: what is kept, refused and told. No browser."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from blind_desk import FileDesk, tone

from musicnb.errors import LibraryError
from musicnb.listen import BlindScreen
from musicnb.widgets import BlindListening

TONES = {f"slow-light-{n}.mp3": 200.0 + 100 * n for n in range(5)}
HEARD = [1.5, 2.5]


class Talk:
    """A widget with a desk; stands where the comm would be and keeps what is sent."""

    def __init__(self, desk: FileDesk) -> None:
        self.desk = desk
        self.widget = BlindListening(desk)
        self.sent: list[tuple[dict[str, Any], list[bytes]]] = []
        self.widget.send = lambda content, buffers=None: self.sent.append((content, buffers or []))

    def say(self, **content: Any) -> dict[str, Any]:
        """Be the page; return what it hears last."""
        self.widget._on_message(self.widget, content, [])
        return self.sent[-1][0]

    def vote(self, answer: str = "A", **changes: Any) -> dict[str, Any]:
        """Vote on the pair that is shown; return what the page hears."""
        token = self.widget.screen["token"]
        asked = {"token": token, "answer": answer, "reasons": [], "note": "", "heard_s": HEARD}
        return self.say(**{"op": "vote", "number": 1} | asked | changes)


@pytest.fixture
def talk(tmp_path: Path) -> Talk:
    return Talk(FileDesk(tmp_path / "votes.jsonl", TONES, planned=4, break_after=2))


def test_vote_is_answered_once_the_desk_has_kept_it(talk: Talk) -> None:
    """The answer has the question's number and the next pair; by then the vote is in the file."""
    before = talk.widget.screen["token"]
    answer = talk.vote("tie", reasons=["hook"], note="the bridge", number=5)
    (line,) = talk.desk.path.read_text().splitlines()
    row = json.loads(line)
    assert (row["answer"], row["reasons"], row["note"]) == ("tie", ["hook"], "the bridge")
    assert row["heard_s"] == HEARD
    assert (answer["number"], answer["why"], answer["screen"]["answered"]) == (5, "", 1)
    assert answer["screen"]["token"] not in ("", before)
    assert talk.widget.screen == answer["screen"]


def test_vote_given_twice_with_one_token_counts_once(talk: Talk) -> None:
    """A double press, or a second view of the same page, adds nothing."""
    token = talk.widget.screen["token"]
    for _ in range(2):
        assert talk.vote("A", token=token)["why"] == ""
    assert len(talk.desk.votes) == 1


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"token": "stale"}, "answered or replaced"),
        ({"heard_s": [0.4, 9.0]}, "heard for longer"),
        ({"heard_s": [9.0, float("nan")]}, "heard for longer"),
        ({"answer": "C"}, "not known"),
        ({"heard_s": "nonsense"}, "something went wrong"),
    ],
)
def test_vote_that_cannot_count_is_refused_in_words(
    talk: Talk, changes: dict[str, Any], why: str
) -> None:
    """Nothing is kept, and the page learns the reason and what is to be heard now."""
    answer = talk.vote(**changes)
    assert why in answer["why"]
    assert answer["screen"] == talk.widget.screen
    assert talk.desk.votes == []


def test_undo_takes_back_only_what_the_page_has_seen(talk: Talk) -> None:
    """The same press from a page that is behind does nothing."""
    seen = talk.vote()["screen"]
    asked = {"op": "undo", "token": seen["token"], "answered": 1}
    assert talk.say(**asked)["screen"]["answered"] == 0
    talk.vote()
    assert talk.say(**asked)["screen"]["answered"] == 1


def test_break_and_end_are_left_only_when_asked(talk: Talk) -> None:
    """Resume leads on from the break; reveal counts at the end and not before."""
    talk.vote()
    assert talk.say(op="reveal")["screen"]["state"] == "pair"
    assert talk.vote()["screen"]["state"] == "break"
    assert talk.say(op="resume")["screen"]["state"] == "pair"
    talk.vote()
    assert talk.vote()["screen"]["state"] == "done"
    assert talk.say(op="reveal")["screen"]["state"] == "revealed"


def test_votes_from_a_cell_show_after_refresh_under_a_growing_number(talk: Talk) -> None:
    """A page that gets an older screen later can tell."""
    first = talk.widget.screen["serial"]
    talk.desk.vote("B", token=talk.desk.token, heard_s=(9.0, 9.0))
    talk.widget.refresh()
    talk.widget.refresh()
    assert (talk.widget.screen["answered"], talk.widget.screen["serial"]) == (1, first + 1)


def test_sound_is_given_by_token_and_slot_in_pieces(talk: Talk) -> None:
    """What arrives is what the desk gave; A and B are as long as each other."""
    token, pair = talk.widget.screen["token"], talk.desk.pair
    for slot, clip in (("A", pair.left), ("B", pair.right)):
        talk.say(op="get", id=f"{token} {slot}", offset=0, chunks=8)
        content, buffers = talk.sent[-1]
        assert (content["op"], content["type"]) == ("chunk", "audio/wav")
        assert b"".join(buffers) == tone(TONES[clip], talk.desk.seconds)


@pytest.mark.parametrize("name", ["stale A", "TOKEN C", "TOKEN", "TOKEN ../A", None])
def test_sound_of_no_pair_is_refused(talk: Talk, name: str | None) -> None:
    """A name that is not the present pair's gets no bytes."""
    name = name and name.replace("TOKEN", talk.widget.screen["token"])
    assert talk.say(op="get", id=name, offset=0)["op"] == "missing"


def test_sound_that_cannot_be_read_does_not_say_which_it_is(
    talk: Talk, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the answer nor the log, which a notebook shows, names the file."""

    def missing(*_: object) -> bytes:
        raise LibraryError("slow-light-3.mp3 is not there any more")

    talk.desk.sound = missing  # type: ignore[method-assign]
    with caplog.at_level("INFO"):
        answer = talk.say(op="get", id=f"{talk.widget.screen['token']} A", offset=0)
    assert answer["why"] == "the clip behind A cannot be read"
    assert caplog.text == ""


def test_state_and_copies_hold_the_screen_and_nothing_else(talk: Talk) -> None:
    """No clip is named; the copy says that all is sealed and how to go on, until it is over."""
    widget = talk.widget
    state = {
        name: value
        for name, value in widget.get_state().items()
        if name[:4] not in ("_esm", "_css")
    }
    assert set(state["screen"]) == {field.name for field in fields(BlindScreen)} | {"serial"}
    told = json.dumps(state) + widget.static_html() + widget.text() + repr(widget)
    assert [clip for clip in TONES if clip[:10] in told] == []
    assert "under way and sealed. Run this cell again" in widget.static_html()
    talk.desk.reveal()
    widget.refresh()
    assert "over and revealed" in widget.static_html()


def test_markup_in_what_the_desk_says_is_escaped_in_the_copy(tmp_path: Path) -> None:
    """The way to go on may quote a name that somebody chose."""
    desk = FileDesk(tmp_path / "votes.jsonl", TONES)
    copy = BlindListening(desk, go_on="<img src=x onerror=alert(1)>").static_html()
    assert "<img" not in copy
    assert "&lt;img" in copy


def test_script_is_told_how_to_listen_without_widgets(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where there is no notebook the text stands in for the widget."""
    desk = FileDesk(tmp_path / "votes.jsonl", TONES, planned=4)
    BlindListening(desk, elsewhere="session.ask() asks.").show()
    assert capsys.readouterr().out == "Blind listening, 0 of 4 votes kept\nsession.ask() asks.\n"
