"""The board's kernel side: numbering, coalescing, messages, text. No browser."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from musicnb.errors import DownloadFailed
from musicnb.widgets import Board, CardView, Choice, ClipView
from musicnb.widgets._board import TICK_S
from musicnb.widgets._board_sound import CHUNK_BYTES, PUSH_BYTES, SoundSender

PEAKS = bytes([200, 56]) * 1000
#: What of them the page gets: the larger of −56 and 56, a thousand times.
HEIGHTS = bytes([56]) * 1000


class Clock:
    """Collects what the board wants done later, and does it when told."""

    def __init__(self) -> None:
        self.due: list[tuple[float, Callable[[], None]]] = []

    def __call__(self, delay_s: float, function: Callable[[], None]) -> None:
        """Take the place of a timer."""
        self.due.append((delay_s, function))

    def tick(self) -> None:
        """Do what is due."""
        due, self.due = self.due, []
        for _, function in due:
            function()


class Wire:
    """Stands where the comm would be and keeps every custom message."""

    def __init__(self, board: Board) -> None:
        self.messages: list[tuple[dict[str, Any], list[bytes]]] = []
        board.send = lambda content, buffers=None: self.messages.append((content, buffers or []))

    @property
    def patches(self) -> list[dict[str, Any]]:
        """The patch messages sent so far."""
        return [content for content, _ in self.messages if content["op"] == "patch"]


def clip(name: str, **changes: Any) -> ClipView:
    view = ClipView(name, f"Clip {name}", 120.0, "audio/mpeg", 2_000_000, PEAKS, f"lib/{name}.mp3")
    return replace(view, **changes)


def card(name: str, **changes: Any) -> CardView:
    return replace(CardView(name, "suno-5.5", f"Song {name}", "dream pop", "running"), **changes)


def board_with(*cards: CardView, **options: Any) -> tuple[Board, Wire, Clock]:
    clock = Clock()
    board = Board(cards=cards, schedule=clock, **({"locate": Path} | options))
    return board, Wire(board), clock


def test_first_put_is_sent_at_once_and_later_ones_in_one_patch_a_tick() -> None:
    """However many changes come, at most one message leaves in each fifth of a second."""
    board, wire, clock = board_with()
    board.put(card("a"))
    assert [patch["number"] for patch in wire.patches] == [1]
    for percent in range(50):
        board.put(card("a", percent=float(percent)))
        board.put(card("b", percent=float(percent)))
    assert len(wire.patches) == 1
    assert [delay for delay, _ in clock.due] == [TICK_S]
    clock.tick()
    assert [patch["number"] for patch in wire.patches] == [1, 2]
    assert [changes["card_id"] for changes in wire.patches[1]["cards"]] == ["a", "b"]
    clock.tick()
    assert clock.due == []
    assert len(wire.patches) == 2


def test_watched_board_sends_from_the_loop_that_waits_and_from_no_other_thread() -> None:
    """What other threads send is not shown everywhere; nothing is lost when the watch ends."""
    clock = Clock()
    board = Board(cards=[card("a")], locate=Path, schedule=clock)
    wire, senders = Wire(board), []
    keep = board.send
    board.send = lambda *message: (senders.append(threading.current_thread()), keep(*message))
    board.send_state = lambda _name: senders.append(threading.current_thread())
    board.put(card("a", stage="before"))  # leaves a tick due

    async def watching() -> None:
        def work() -> None:
            for step in range(5):
                board.put(card("a", stage=f"step {step}"))
                clock.tick()

        senders.clear()
        done = threading.Event()
        asyncio.get_running_loop().call_later(3 * TICK_S, done.set)
        worker = threading.Thread(target=work)
        asyncio.get_running_loop().call_later(TICK_S / 2, worker.start)
        await board.watch(done.is_set)
        worker.join()

    asyncio.run(watching())
    assert wire.patches[-1]["cards"][0]["stage"] == "step 4"
    assert set(senders) == {threading.current_thread()}
    board.put(card("a", stage="after"))  # and then as ever
    assert wire.patches[-1]["cards"][0]["stage"] == "after"


def test_patch_holds_only_the_fields_that_changed() -> None:
    """A prompt of 2,000 characters travels once, not with every step of progress."""
    board, wire, clock = board_with(card("a"))
    board.put(card("a", percent=10.0))
    clock.tick()
    board.put(card("a", percent=10.0))
    board.put(card("a", percent=20.0, stage="mixing"))
    assert wire.patches[0]["cards"] == [{"card_id": "a", "percent": 10.0}]
    assert wire.patches[1]["cards"] == [{"card_id": "a", "percent": 20.0, "stage": "mixing"}]


def test_peaks_travel_as_one_buffer_and_only_once() -> None:
    """Peaks are bytes behind the message, never text inside it."""
    board, wire, clock = board_with()
    board.put(card("a", clips=(clip("1"), clip("2", peaks=b""))))
    content, buffers = wire.messages[-1]
    assert content["peaks"] == [["1", 1000]]
    assert buffers == [HEIGHTS]
    assert "peaks" not in content["cards"][0]["clips"][0]
    clock.tick()
    board.put(card("a", clips=(clip("1"), clip("2"))))
    clock.tick()
    content, buffers = wire.messages[-1]
    assert content["peaks"] == [["2", 1000]]


def test_hello_is_answered_with_everything_and_the_last_number() -> None:
    """A page that missed a patch gets the whole state."""
    board, wire, _ = board_with(card("a", clips=(clip("1"),)))
    board.put(card("b"))
    board._on_message(board, {"op": "hello"}, [])
    content, buffers = wire.messages[-1]
    assert content["state"]["number"] == 1
    assert [packed["card_id"] for packed in content["state"]["cards"]] == ["a", "b"]
    assert buffers == [HEIGHTS]
    assert content["now"] == pytest.approx(time.time(), abs=5)


def test_whole_state_leaves_out_what_is_empty_and_keeps_a_progress_of_nothing() -> None:
    """A hundred cards are saved without their empty fields; 0 % is not an empty field."""
    board, _, _ = board_with(card("a", percent=0.0))
    (packed,) = board.full_state()["cards"]
    assert packed["percent"] == 0.0
    assert {"problem", "hint", "charge", "clips", "choices", "ended_at"}.isdisjoint(packed)


def test_saved_state_is_never_behind_the_patches() -> None:
    """What a saved notebook or a second page gets is packed anew each time."""
    board, _, _ = board_with()
    board.put(card("a"))
    board.put(card("b", status="succeeded", clips=(clip("1"),)))
    state = board.get_state()["state"]
    assert [packed["status"] for packed in state["cards"]] == ["running", "succeeded"]
    assert state["peaks"] == {"index": [["1", 1000]], "data": HEIGHTS}


def test_sound_is_sent_in_chunks_of_one_mebibyte(tmp_path: Path) -> None:
    """The page pulls; nothing larger than a chunk is ever in one message."""
    data = bytes(range(256)) * 5000
    path = tmp_path / "1.mp3"
    path.write_bytes(data)
    board, wire, _ = board_with(card("a", clips=(clip("1"),)), locate=lambda _: path)
    for offset in (0, CHUNK_BYTES):
        board._on_message(board, {"op": "get", "id": "1", "offset": offset}, [])
    assert b"".join(buffers[0] for _, buffers in wire.messages) == data
    assert wire.messages[0][0]["total"] == len(data)
    assert wire.messages[0][0]["type"] == "audio/mpeg"


@pytest.mark.parametrize(("chunks", "sent"), [(1, 1), (2, 2), (8, 3)])
def test_a_clip_s_beginning_is_asked_for_at_once(tmp_path: Path, chunks: int, sent: int) -> None:
    """One request brings as many chunks as it names, at most those that there are."""
    path = tmp_path / "1.mp3"
    path.write_bytes(bytes(2 * CHUNK_BYTES + 1))
    board, wire, _ = board_with(card("a", clips=(clip("1"),)), locate=lambda _: path)
    board._on_message(board, {"op": "get", "id": "1", "offset": 0, "chunks": chunks}, [])
    offsets = [message["offset"] for message, _ in wire.messages]
    assert offsets == [number * CHUNK_BYTES for number in range(sent)]


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (FileNotFoundError("/secret/place"), "the file is not there any more"),
        (DownloadFailed("the link has expired"), "the link has expired"),
        (RuntimeError("/secret/place"), "the file could not be read"),
    ],
)
def test_sound_that_cannot_be_had_is_told_in_plain_words(error: Exception, why: str) -> None:
    """The page hears why, and never a path or a traceback."""

    def locate(_: str) -> Path:
        raise error

    board, wire, _ = board_with(card("a", clips=(clip("1"),)), locate=locate)
    board._on_message(board, {"op": "get", "id": "1", "offset": 0}, [])
    assert wire.messages[0][0] == {"op": "missing", "id": "1", "why": why}


@pytest.mark.parametrize(
    "message",
    [
        {"op": "get", "id": "../../etc/passwd", "offset": 0},
        {"op": "get", "id": "1", "offset": -1},
        {"op": "get", "id": "1", "offset": "0"},
        {"op": "get", "id": "1", "offset": 0, "chunks": 9},
        {"op": "get", "id": "1", "offset": 0, "chunks": "4"},
        {"op": "get", "id": ["1"], "offset": 0},
        {"op": "cancel", "card_id": "nobody"},
        {"op": ["hello"]},
        {},
    ],
)
def test_messages_that_make_no_sense_are_ignored(message: dict[str, Any]) -> None:
    """The page can only ask for clips and cards that are on the board."""
    board, wire, _ = board_with(card("a", clips=(clip("1"),)), cancel=lambda _: None)
    board._on_message(board, message, [])
    assert wire.messages == []


def test_cancel_reaches_the_callback_only_for_cards_that_offer_it() -> None:
    """A Cancel that was never offered cannot be pressed."""
    asked: list[str] = []
    board, _, _ = board_with(card("a", can_cancel=True), card("b"), cancel=asked.append)
    for name in "ab":
        board._on_message(board, {"op": "cancel", "card_id": name}, [])
    assert asked == ["a"]


def test_board_without_cancel_callback_offers_no_cancel() -> None:
    """No button that does nothing."""
    board, _, _ = board_with(card("a", can_cancel=True))
    assert "can_cancel" not in board.full_state()["cards"][0]


def test_cancel_that_fails_is_told_on_the_card() -> None:
    """An error in the callback neither vanishes nor kills the handler."""

    def refuse(_: str) -> None:
        raise DownloadFailed("it has already ended")

    board, wire, _ = board_with(card("a", can_cancel=True), cancel=refuse)
    board._on_message(board, {"op": "cancel", "card_id": "a"}, [])
    why = "Not canceled: it has already ended"
    assert wire.messages[0][0] == {"op": "refused", "card_id": "a", "why": why}


def test_text_names_titles_states_money_and_files() -> None:
    """A script that prints a board learns everything but the sound."""
    board, _, _ = board_with(
        card("a", status="succeeded", charge="80 credits charged", clips=(clip("1"),)),
        card("b", status="failed", problem="The lyrics were refused.", hint="Nothing was charged."),
        label="Spring",
    )
    assert board.text().splitlines() == [
        "Spring: 1 clip, 1 task failed",
        "  succeeded · Song a · suno-5.5 · 80 credits charged",
        "    Clip 1 · 2:00 · lib/1.mp3",
        "  failed · Song b · suno-5.5",
        "    The lyrics were refused.",
        "    Nothing was charged.",
    ]


def test_equal_titles_reach_the_page_numbered_as_soon_as_they_are_equal() -> None:
    """The second take renames the first one's row; the views themselves stay as they were."""
    board, wire, clock = board_with(card("a", clips=(clip("1", title="X"),)))
    board.put(card("a", clips=(clip("1", title="X"), clip("2", title="X"))))
    clock.tick()
    assert [packed["title"] for packed in wire.patches[0]["cards"][0]["clips"]] == [
        "X · 1",
        "X · 2",
    ]


def test_static_copy_is_refreshed_when_a_card_is_added(monkeypatch: pytest.MonkeyPatch) -> None:
    """Saved a second after the order, the notebook already names what is running."""
    board, _, clock = board_with()
    copies: list[str] = []
    monkeypatch.setattr(board, "_refresh_static", lambda: copies.append(board.static_html()))
    board.put(card("a"))
    clock.tick()
    assert len(copies) == 1
    assert "running when saved" in copies[0]
    board.put(card("a", percent=5.0))
    clock.tick()
    assert len(copies) == 1


def test_owner_says_how_to_hear_the_clips_again() -> None:
    """The sentence stands in the copy and travels to the page; it never says to run the cell."""
    board, _, _ = board_with(card("a"), copy_note="studio.clips() plays them again.")
    assert "Clips: studio.clips() plays them again." in board.static_html()
    assert board.get_state()["copy_note"] == "studio.clips() plays them again."
    silent, _, _ = board_with(card("a"))
    assert "Clips: A copy without sound." in silent.static_html()


def test_newest_first_turns_the_order_around() -> None:
    """The text and the static copy follow the page."""
    board, _, _ = board_with(card("a"), card("b"), newest_first=True)
    assert board.text().index("Song b") < board.text().index("Song a")


def test_unknown_status_is_kept_as_it_is() -> None:
    """A word the service invents tomorrow is shown, and the card counts as unfinished."""
    board, _, _ = board_with(card("a", status="throttled"))
    packed = board.full_state()["cards"][0]
    assert packed["status"] == "throttled"
    assert "over" not in packed
    assert "throttled" in board.text()


def test_show_in_a_script_prints_the_text(capsys: pytest.CaptureFixture[str]) -> None:
    """Without Jupyter there is no widget and no error."""
    board, _, _ = board_with(card("a"))
    board.show()
    assert capsys.readouterr().out == board.text() + "\n"
    board.settle()


def test_board_of_500_cards_packs_quickly_and_stays_small() -> None:
    """The copy lists the first hundred and says how many more there are."""
    cards = [
        card(f"{i}", status="succeeded", clips=(clip(f"{i}a"), clip(f"{i}b"))) for i in range(500)
    ]
    board, wire, clock = board_with()
    start = time.perf_counter()
    for view in cards:
        board.put(view)
    clock.tick()
    static = board.static_html()
    assert time.perf_counter() - start < 5
    assert len(wire.patches) == 2
    assert len(wire.patches[1]["cards"]) == 499
    assert "And 400 more." in static
    assert len(static) < 200_000
    assert len(board.text().splitlines()) == 1 + 500 * 3
    assert len(board.static_copy()["text/plain"].splitlines()) == 1 + 100 * 3 + 1


def test_sound_sent_ahead_stays_within_its_allowance(tmp_path: Path) -> None:
    """A long sweep does not flood the page: the newest clips only while the allowance lasts."""
    path = tmp_path / "big.mp3"
    path.write_bytes(bytes(PUSH_BYTES // 2 - 1))
    sent: list[tuple[dict[str, Any], list[bytes] | None]] = []
    sender = SoundSender(
        lambda _: path, lambda content, buffers=None: sent.append((content, buffers))
    )
    for name in "abc":
        sender.push(clip(name, size_bytes=path.stat().st_size))
    assert {content["id"] for content, _ in sent} == {"a", "b"}
    assert all(content["unasked"] for content, _ in sent)
    assert sum(len(buffers[0]) for _, buffers in sent if buffers) == 2 * path.stat().st_size


def test_sound_that_cannot_be_sent_ahead_is_left_alone() -> None:
    """Nobody asked, so nobody gets an error."""
    sent: list[Any] = []
    sender = SoundSender(lambda _: Path("/nowhere"), lambda *parts: sent.append(parts))
    sender.push(clip("a"))
    assert sent == []


def test_choice_reaches_the_owner_and_only_one_that_is_offered() -> None:
    """The page cannot ask for what its card does not offer."""
    chosen: list[tuple[str, str]] = []
    offered = card("a", status="unknown", choices=(Choice("resume", "Check again"),))
    board, _, _ = board_with(offered, choose=lambda *choice: chosen.append(choice))
    for name in ("resume", "send_again", None, 7):
        board._on_message(board, {"op": "choose", "card_id": "a", "choice": name}, [])
    board._on_message(board, {"op": "choose", "card_id": "b", "choice": "resume"}, [])
    assert chosen == [("a", "resume")]
    packed = board.full_state()["cards"][0]["choices"]
    assert packed == [{"name": "resume", "label": "Check again", "confirm": ""}]


def test_board_that_nobody_listens_to_offers_no_choices() -> None:
    """No button that does nothing."""
    offered = card("a", status="unknown", choices=(Choice("resume", "Check again"),))
    board, wire, _ = board_with(offered)
    assert "choices" not in board.full_state()["cards"][0]
    board._on_message(board, {"op": "choose", "card_id": "a", "choice": "resume"}, [])
    assert wire.messages == []


def test_choice_that_fails_is_told_on_the_card() -> None:
    """The buttons come back, and the card says why."""

    def refuse(*_: str) -> None:
        raise DownloadFailed("it has already ended")

    offered = card("a", status="unknown", choices=(Choice("resume", "Check again"),))
    board, wire, _ = board_with(offered, choose=refuse)
    board._on_message(board, {"op": "choose", "card_id": "a", "choice": "resume"}, [])
    assert wire.messages[0][0]["why"] == "Not done: it has already ended"


def test_script_is_joined_without_comments() -> None:
    """Each saved state holds the script once a board, so it is kept small; code stays whole."""
    board, _, _ = board_with()
    assert "export default {" in board._esm
    assert "class SoundStore {" in board._esm
    for text in (board._esm, board._css):
        assert "/*" not in text
        assert "*/" not in text
        assert not any(line.startswith(("//", " ")) for line in text.splitlines())
    assert len(board._esm) + len(board._css) < 130_000
