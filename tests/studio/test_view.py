"""The studio view of a real studio: what it finds, what it follows, what it never shows."""

import subprocess
import sys
import time

import pytest
from jupyter_client.manager import run_kernel
from scripted import KEY

from musicnb import Studio, TextToMusic
from musicnb.studio import Account
from musicnb.studio._view import LiveView, account_view, settings_of

BRIEF = TextToMusic("calm lofi, 10 seconds", title="Slow Light")


def wait_for(condition, seconds=10):
    """Wait until something holds; what never holds fails the test."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def cards_of(live):
    return {card["title"]: card for card in live._board.board.full_state()["cards"]}


def sums_of(live):
    return {name: amount for name, amount, _ in live.view._account_view.sums}


def test_view_finds_every_clip_of_the_library(studio):
    """Also those that were made before, with their stars."""
    clips = studio.generate(BRIEF).result(60)
    clips[0].rate(stars=4, tags=["hook"])
    found = cards_of(LiveView(studio, {}))["Slow Light"]["clips"]
    assert [clip["clip_id"] for clip in found] == [clip.clip_id for clip in clips]
    assert found[0]["stars"] == 4
    assert found[0]["tags"] == ["hook"]


def test_order_made_anywhere_shows_live_and_ends_in_library_and_account(studio):
    """Whoever orders in this kernel, the view hears of it."""
    live = LiveView(studio, {})
    wait_for(lambda: "left in the wallet" in sums_of(live))
    before = studio.account().spent
    task = studio.generate(TextToMusic("slow blues, 10 seconds", title="Blue Hour"))
    assert cards_of(live)["Blue Hour"]["status"] in ("planned", "sending", "queued", "running")
    assert live.view.frame.going == 1
    task.result(60)
    assert len(cards_of(live)["Blue Hour"]["clips"]) == 2
    assert live.view.frame.going == 0
    wait_for(lambda: sums_of(live)["spent on clips"] == f"{before + 80:,.0f} credits")
    left = f"{studio.balance:,.0f} credits left"
    wait_for(lambda: live.view.widget.children[0].children[1].balance == left)


def test_form_of_the_view_orders_once(studio):
    """Pressed, one card appears: not one for the form and one for the kernel's order."""
    live = LiveView(studio, {"prompt": "brass funk, 10 seconds", "title": "Street Level"})
    before = len(cards_of(live))
    live.view.widget.children[0].children[1].generate()
    assert len(cards_of(live)) == before + 1
    studio.running[-1].result(60)
    assert len(cards_of(live)["Street Level"]["clips"]) == 2


def test_failure_says_what_happened_and_where_the_money_is(studio):
    """In this view, and in the next one after the cell is run again."""
    live = LiveView(studio, {})
    studio.rehearse("task_failed")
    task = studio.generate(TextToMusic("it will fail, 10 seconds", title="Bad Luck"))
    assert task._done.exception(60) is not None
    studio.rehearse(None)
    for seen in (live, LiveView(studio, {})):
        card = cards_of(seen)["Bad Luck"]
        assert card["status"] == "failed"
        assert card["problem"]
        assert card["hint"].startswith("80 credits were charged, and all of them refunded.")


def test_accepted_order_of_an_earlier_kernel_goes_on(tmp_path):
    """The new view takes it up, fetches its clips, and charges nothing for that."""
    with Studio(tmp_path, quiet=True) as first:
        task = first.generate(BRIEF)
        wait_for(lambda: task.task_id is not None)
    with Studio(tmp_path, quiet=True) as second:
        live = LiveView(second, {})
        wait_for(lambda: len(cards_of(live)["Slow Light"].get("clips", ())) == 2, seconds=60)
        assert second.account().charged == 80


def test_order_that_was_never_sent_waits_for_a_decision(studio):
    """To look at a library must not spend money."""
    journal = studio.library.journal
    job = journal.plan(TextToMusic("not yet, 10 seconds", title="Later"), service="sandbox")
    live = LiveView(studio, {})
    card = cards_of(live)["Later"]
    assert [choice["name"] for choice in card["choices"]] == ["resume", "withdraw"]
    assert card["problem"] == "it has not been sent"
    studio.generate(BRIEF).result()  # what the view had sent would have left before this one
    assert journal.job(job.job_id).sent_at is None
    live._board.board._handle_custom_msg(
        {"op": "choose", "card_id": job.job_id, "choice": "withdraw"}, []
    )
    wait_for(lambda: journal.job(job.job_id).state == "canceled")


def test_stars_given_in_the_view_are_kept_in_the_journal(studio):
    """The board of the view rates as every other board does."""
    clip = studio.clips()[0]
    live = LiveView(studio, {})
    message = {"op": "rate", "id": clip.clip_id, "number": 1, "changes": {"stars": 5}}
    live._board.board._handle_custom_msg(message, [])
    assert clip.stars == 5


def test_key_is_nowhere_in_the_view(remote):
    """Settings say that there is one; neither panel, copy, text nor state holds it."""
    live = LiveView(remote, {})
    settings = settings_of(remote)
    assert ("API key", "set (never shown)") in settings.rows
    assert settings.note == ""
    (grid,) = live.view.widget.children
    everything = [repr(settings), live.view.text(), *live.view.static_copy().values()]
    everything += [str(child.get_state()) for child in grid.children]
    assert not any(KEY in text for text in everything)


def test_sandbox_says_that_it_is_one(studio):
    """Where the music is the engine's own, the settings do not let it pass for a model's."""
    assert "not how the models sound" in settings_of(studio).note


def test_library_in_use_elsewhere_can_be_looked_at(studio):
    """Another process gets clips and money, and no form."""
    code = f"""
from musicnb import Studio
from musicnb.studio._view import LiveView
studio = Studio({str(studio.library)!r}, quiet=True)
assert studio.read_only
print([name for name, _ in LiveView(studio, {{}}).view.frame.tabs])
studio.show()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("['library', 'account', 'settings']\nStudio: read only")
    assert "Slow Light" in done.stdout


def test_account_shows_two_weeks_without_gaps():
    """Days without an order are there, too; the last one is today."""
    view = account_view(Account(()), now=1_790_000_000.0)
    assert len(view.days) == 14
    assert view.days[-1].name == time.strftime("%d %b", time.localtime(1_790_000_000)).lstrip("0")
    assert [name for name, *_ in view.sums] == ["spent on clips", "held", "refunded"]


def test_day_of_25_hours_stands_once_and_leaves_none_out(monkeypatch):
    """Where clocks go back, a day's length before today is not always yesterday."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        late = time.mktime((2026, 10, 26, 23, 30, 0, 0, 0, -1))
        days = [day.name for day in account_view(Account(()), now=late).days]
    finally:
        monkeypatch.undo()
        time.tzset()
    assert days == [f"{day} Oct" for day in range(13, 27)]


@pytest.mark.parametrize("values", [{"promt": "x"}, {"model": "nope"}])
def test_wrong_field_is_named_before_anything_is_shown(studio, values):
    """show() takes the fields of the form and refuses what the form refuses."""
    with pytest.raises(ValueError, match=next(iter(values))):
        studio.show(**values)


def test_script_gets_the_library_as_text(studio, capsys):
    """show() in a terminal prints what is there."""
    studio.show()
    out = capsys.readouterr().out
    assert out.startswith("Studio: sandbox")
    assert "Slow Light" in out


class Front:
    """A front end that names its cells, as JupyterLab does, on a kernel of its own."""

    def __init__(self, kernel):
        self.kernel = kernel

    def run(self, code, cell):
        """Run a cell to its end; return what it printed."""
        content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False}
        message = self.kernel.session.msg("execute_request", content, metadata={"cellId": cell})
        self.kernel.shell_channel.send(message)
        printed, mine = "", message["header"]["msg_id"]
        while True:
            heard = self.kernel.get_iopub_msg(timeout=60)
            if heard["parent_header"].get("msg_id") != mine:
                continue
            content = heard["content"]
            assert heard["msg_type"] != "error", content
            printed += content.get("text", "") if heard["msg_type"] == "stream" else ""
            if content.get("execution_state") == "idle":
                return printed


@pytest.fixture
def front(tmp_path):
    """Start a kernel with a studio in it."""
    with run_kernel(cwd=str(tmp_path)) as kernel:
        front = Front(kernel)
        front.run(
            "import gc, musicnb, ipywidgets\n"
            "from musicnb.studio._view import LiveView\n"
            "studio = musicnb.Studio('library', quiet=True)\n"
            "def alive():\n"
            "    gc.collect()\n"
            "    print(sum(isinstance(one, LiveView) for one in gc.get_objects()))",
            "first",
        )
        yield front
        front.run("studio.close()", "last")


def test_a_cell_that_is_run_again_lets_go_of_the_view_it_has_shown(front):
    """Else each run of it keeps the whole library in memory once more, and follows every order."""
    for _ in range(3):
        front.run("studio.show()", "cell")
    front.run("studio.show(); studio.show()", "another")
    # a view that is let go of lives until the money it waited for is added up
    wait_for(lambda: front.run("alive()", "count") == "3\n")
