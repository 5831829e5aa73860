"""What becomes of orders after lost answers, refusals, closed notebooks and removed files."""

import json
import re
import subprocess
import sys
import time
from datetime import datetime
from decimal import Decimal
from urllib.parse import unquote

import pytest
from scripted import KEY

from musicnb import Studio, TextToMusic
from musicnb.errors import (
    AuthenticationError,
    ConfigurationError,
    ConnectionFailed,
    InsufficientBalance,
    InvalidInput,
    InvalidRequest,
    LibraryError,
    MusicnbError,
    OutcomeUnknown,
    ServiceUnavailable,
    TaskFailed,
)

BRIEF = TextToMusic("slow blues")
SHORT = TextToMusic("techno, 5 seconds", model="minimax-music-2.6", instrumental=True)
CREATE = ("POST", "/v1/music/text-to-music")
JSON = {"Content-Type": "application/json"}
BILLED = {"charged_credits": "80.0000", "refunded_credits": "0.0000"}
REFUNDED = {"charged_credits": "80.0000", "refunded_credits": "80.0000"}
DAY_S = 24 * 3600


def envelope(task_id="tsk_1", status="failed", billing=REFUNDED, **fields):
    return {"task_id": task_id, "status": status, "billing": billing, **fields}


def refusal(status, code, **more):
    return status, JSON, {"error": {"code": code, "message": code, "retryable": False, **more}}


class Service:
    """Answers creates, lists and reads of a scripted service each in their own way."""

    def __init__(self, scripted):
        self.create = lambda _body: None
        self.listed = list
        self.read = lambda task_id: (200, JSON, envelope(task_id))
        self._scripted = scripted
        scripted.answer = self._answer

    def _answer(self, method, path, _headers, body):
        path = path.partition("?")[0]
        if method == "POST" and path.startswith("/v1/music/"):
            return self.create(json.loads(body))
        if path == "/v1/tasks":
            return 200, JSON, {"object": "list", "data": self.listed(), "has_more": False}
        return self.read(path.rpartition("/")[2])

    @property
    def orders(self):
        """The bodies of all creates, and their keys."""
        return [
            (json.loads(body), headers["Idempotency-Key"])
            for headers, body in self._scripted.requests(*CREATE)
        ]


@pytest.fixture
def service(scripted):
    """Have every create go unanswered, and nothing listed."""
    return Service(scripted)


def journal(studio):
    return studio.library.journal


def unanswered(studio, brief=BRIEF):
    """Order something whose answer is lost for good."""
    task = studio.generate(brief)
    with pytest.raises(MusicnbError):
        task.result(30)
    assert task.status == "unknown"
    return task


def let_pass(studio, seconds):
    """Put the sender's clock forward."""
    studio._road._sender._clock = lambda: time.time() + seconds


def as_listed(service, task_id="tsk_1", **changes):
    """List the first order as a task of the service."""
    body, _ = service.orders[0]
    return {
        "task_id": task_id, "status": "queued", "metadata": body["metadata"], "input": body,
    } | changes  # fmt: skip


def test_order_whose_answer_was_lost_is_found_in_the_list(service, remote):
    """The service took it and never said so: it is not sent under another key."""
    service.listed = lambda: [{"task_id": "tsk_0", "status": "running"}, as_listed(service)]
    task = remote.generate(BRIEF)
    with pytest.raises(TaskFailed, match="tsk_1"):
        task.result(30)
    assert task.task_id == "tsk_1"
    assert len({key for _, key in service.orders}) == 1


def test_resume_after_a_day_sends_nothing_and_finds_the_task(service, remote):
    """Once the key is forgotten, the same request would be a new order."""
    unanswered(remote)
    sent = len(service.orders)
    service.listed = lambda: [as_listed(service)]
    let_pass(remote, DAY_S)
    (task,) = remote.resume()
    assert task.task_id == "tsk_1"
    assert len(service.orders) == sent


def test_resume_within_a_day_sends_the_same_once_more(service, remote):
    """It is safe by contract: the same bytes under the same key."""
    unanswered(remote)
    service.create = lambda _body: (202, JSON, envelope(status="queued", billing=BILLED))
    let_pass(remote, 20 * 3600)
    (task,) = remote.resume()
    assert task.task_id == "tsk_1"
    assert len({(json.dumps(body), key) for body, key in service.orders}) == 1


def test_clock_that_was_put_back_is_no_proof_that_the_key_counts(service, remote):
    """A laptop that wakes up in the past must not pay twice."""
    unanswered(remote)
    sent = len(service.orders)
    let_pass(remote, -30 * DAY_S)
    remote.resume()
    assert len(service.orders) == sent


@pytest.mark.parametrize(
    "listed",
    [
        lambda _: [],
        lambda service: [as_listed(service), as_listed(service, "tsk_2")],
        lambda service: [as_listed(service, input={"prompt": "something else"})],
        lambda service: [as_listed(service, metadata={"musicnb_job": "another"})],
        lambda service: [as_listed(service, metadata=None)],
    ],
)
def test_order_that_cannot_be_told_stays_unknown_and_held(service, remote, listed, capsys):
    """Nobody guesses with money: its price is held and a person decides."""
    unanswered(remote)
    sent = len(service.orders)
    service.listed = lambda: listed(service)
    let_pass(remote, DAY_S)
    (task,) = remote.resume()
    assert capsys.readouterr().out == "1 unknown (80 held)\n"
    with pytest.raises(OutcomeUnknown, match=r"task\.resume\(\) looks again.*send_again"):
        task.result()
    assert task.error.charged is None
    assert remote.account().held == 80
    assert len(service.orders) == sent
    assert "1 unfinished (80 credits held)" in repr(remote)


def test_handle_that_is_held_goes_on_with_resume(service, remote):
    """Its card does not stay behind at unknown, where a press would ask for it once more."""
    task = unanswered(remote)
    service.create = lambda _body: (202, JSON, envelope(status="queued", billing=BILLED))
    assert remote.resume()[0] is task
    assert task.status == "failed"
    with pytest.raises(TaskFailed):
        task.result()


def test_send_again_is_a_new_key_and_the_old_hold_stays(service, remote):
    """It may charge a second time, so both are on the account."""
    task = unanswered(remote)
    service.create = lambda _body: (202, JSON, envelope(status="queued", billing=BILLED))
    again = task.send_again()
    with pytest.raises(TaskFailed):
        again.result(30)
    assert len({key for _, key in service.orders}) == 2
    assert again.job.job_id != task.job.job_id
    assert journal(remote).job(task.job.job_id).state == "unknown"
    assert remote.account().held == 80


def test_send_again_keeps_to_the_sweeps_cap(service, remote):
    """The cap holds whatever happens; the person may raise it."""
    (task,) = remote.generate_all([BRIEF], sweep="spring", max_credits=80)
    with pytest.raises(ConnectionFailed):
        task.result(30)
    with pytest.raises(InvalidInput, match="cap has 0 credits left, it needs 80"):
        task.send_again()
    remote.generate_all([BRIEF], sweep="spring", max_credits=160).wait(30)
    service.create = lambda _body: (202, JSON, envelope(status="queued", billing=BILLED))
    with pytest.raises(TaskFailed):
        task.send_again().result(30)


def test_giving_up_what_several_tasks_may_be_is_refused(service, remote):
    """One of them may run and cost: its hold stays."""
    task = unanswered(remote)
    service.listed = lambda: [as_listed(service), as_listed(service, "tsk_2")]
    with pytest.raises(OutcomeUnknown, match="2 tasks that may be this order"):
        task.cancel()
    assert remote.account().held == 80


def test_order_planned_long_ago_is_looked_for_before_it_is_sent(service, remote):
    """A journal restored from a copy does not know what was sent after it."""
    service.create = lambda _body: refusal(402, "insufficient_balance")
    with pytest.raises(InsufficientBalance):
        remote.generate(BRIEF).result(30)
    service.listed = lambda: [as_listed(service)]
    let_pass(remote, DAY_S)
    sent = len(service.orders)
    (task,) = remote.resume()
    assert (task.task_id, len(service.orders)) == ("tsk_1", sent)


def test_order_is_found_although_our_clock_was_an_hour_ahead(service, remote):
    """The job id matches, whatever the clocks say."""
    unanswered(remote)
    asked = []
    known = service._scripted.answer

    def answer(method, path, headers, body):
        asked.append(path)
        return known(method, path, headers, body)

    service._scripted.answer = answer
    let_pass(remote, DAY_S)
    remote.resume()
    (since,) = re.findall(r"created_after=([^&]+)", " ".join(asked))
    opened = datetime.fromisoformat(unquote(since)).timestamp()
    assert opened < time.time() - 23 * 3600


@pytest.mark.parametrize("same_account", [True, False])
def test_orders_made_with_an_earlier_key_are_found_by_its_successor(
    scripted, service, tmp_path, same_account
):
    """The service tells whether both keys are one account's; a stranger's orders stay alone."""
    url = f"{scripted.url}/v1"
    service.create = lambda _body: (202, JSON, envelope(status="queued", billing=BILLED))
    with Studio(tmp_path, base_url=url, api_key=KEY, quiet=True) as studio:
        studio.generate_all([BRIEF], sweep="spring").wait(30)
    if not same_account:
        service.read = lambda _: refusal(404, "task_not_found")
    sent = len(service.orders)
    with Studio(tmp_path, base_url=url, api_key=KEY[::-1], quiet=True) as studio:
        assert len(studio.account().jobs) == (1 if same_account else 0)
        tasks = studio.generate_all([BRIEF], sweep="spring")
        tasks.wait(30)
        assert len(service.orders) == sent + (0 if same_account else 1)


def test_folder_stays_the_same_when_the_process_goes_elsewhere(tmp_path, monkeypatch):
    """A relative name is meant from where it was given."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    with Studio("mine", quiet=True) as studio:
        monkeypatch.chdir(tmp_path / "elsewhere")
        studio._road.service.process.stop()
        assert studio.balance == 10_000
        assert not (tmp_path / "elsewhere" / "mine").exists()


def test_giving_up_looks_once_more_and_ends_the_hold(service, remote):
    """With no trace at the service, the person's word counts."""
    task = unanswered(remote)
    service.listed = lambda: [as_listed(service, metadata={"musicnb_job": "another"})]
    assert task.cancel() == "canceled"
    assert remote.account().held == 0
    assert remote.resume() == ()


def test_giving_up_an_order_that_turns_up_cancels_it_there(service, remote):
    """Nothing that runs is forgotten: it is canceled, and its refund is read."""
    task = unanswered(remote)
    service.listed = lambda: [as_listed(service)]
    service.read = lambda _: (200, JSON, envelope(status="canceled"))
    assert task.cancel() == "canceled"
    assert (task.task_id, task.refunded_credits) == ("tsk_1", 80)
    assert journal(remote).job(task.job.job_id).state == "canceled"


def test_only_an_order_without_an_answer_can_be_sent_again(service, remote):
    """No second charge by a slip of the hand."""
    service.create = lambda _body: refusal(402, "insufficient_balance")
    task = remote.generate(BRIEF)
    with pytest.raises(InsufficientBalance):
        task.result(30)
    with pytest.raises(InvalidInput, match="without an answer"):
        task.send_again()
    task.cancel()
    with pytest.raises(InvalidInput, match="before their end"):
        task.resume()


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (refusal(401, "invalid_api_key"), "unknown"),
        (refusal(403, "tenant_disabled"), "unknown"),
        (refusal(404, "not_found"), "unknown"),
        (refusal(409, "idempotency_conflict"), "unknown"),
        ((302, {"Location": "https://login.example/"}, b""), "unknown"),
        (refusal(402, "insufficient_balance"), "planned"),
        (refusal(422, "invalid_request"), "failed"),
    ],
)
def test_refusal_ends_a_doubt_only_where_it_proves_something(service, remote, answer, state):
    """An order that may have been taken stays so until the wallet or the rules were asked."""
    unanswered(remote)
    service.create = lambda _body: answer
    remote.resume()
    assert [job.state for job in journal(remote).jobs()] == [state]
    assert remote.account().held == (80 if state == "unknown" else 0)


def test_redirected_create_is_not_followed_and_the_order_is_kept(service, remote):
    """A hotel's login page is no reason to lose an order, nor to send the key there."""
    service.create = lambda _body: (302, {"Location": "https://login.example/"}, b"")
    task = remote.generate(BRIEF)
    with pytest.raises(MusicnbError, match="order is kept"):
        task.result(30)
    assert task.status == "planned"
    assert len(service.orders) == 1


def test_empty_wallet_stops_the_queue_and_says_what_is_missing(service, remote):
    """Ten orders wait; the rest are not sent to hear the same, and none is lost."""
    service.create = lambda _body: refusal(402, "insufficient_balance")
    tasks = remote.generate_all([BRIEF] * 10, sweep="spring")
    for task in tasks:
        with pytest.raises(InsufficientBalance, match=r"10 orders need 800 credits.*Top up"):
            task.result(30)
    assert len(service.orders) <= 4
    assert {job.state for job in journal(remote).jobs()} == {"planned"}
    service.create = lambda body: (
        202, JSON, envelope(body["metadata"]["musicnb_job"], status="queued", billing=BILLED),
    )  # fmt: skip
    assert len(remote.resume()) == 10
    assert len({key for _, key in service.orders}) == 10


def test_refused_key_stops_the_queue(service, remote):
    """Forty times the wrong key would look like an attack."""
    service.create = lambda _body: refusal(401, "invalid_api_key")
    tasks = remote.generate_all([BRIEF] * 10, sweep="spring")
    for task in tasks:
        with pytest.raises(AuthenticationError):
            task.result(30)
    assert len(service.orders) <= 4


def test_missing_sum_is_told_where_the_balance_is_known(tmp_path):
    """The sandbox has a wallet that can be read."""
    with Studio(tmp_path, quiet=True) as studio:
        studio.rehearse("task_stuck")
        tasks = studio.generate_all([BRIEF] * 126, sweep="too many")
        with pytest.raises(InsufficientBalance, match="1 order needs 80 credits, the wallet holds"):
            tasks[-1].result(200)


def test_only_the_sandbox_rehearses_and_only_what_it_knows(service, remote, tmp_path):
    """No hosted service is asked to misbehave; a wrong name is told what is wrong."""
    with pytest.raises(ConfigurationError, match="only the embedded sandbox"):
        remote.rehearse("answer_lost")
    assert service.orders == []
    with Studio(tmp_path / "own", quiet=True) as studio:
        with pytest.raises(InvalidRequest):
            studio.rehearse("no_such_fault")
        studio.rehearse("server_error", status=503)
        with pytest.raises(ServiceUnavailable):
            studio.generate(SHORT).result(60)
        studio.rehearse(None)
        assert studio.resume().said == "1 recovered"


def test_sweep_is_found_again_by_the_next_kernel(tmp_path, capsys):
    """The same cell after a restart orders nothing, and gives the same clips."""
    briefs = [SHORT, SHORT]
    with Studio(tmp_path, quiet=True) as studio:
        tasks = studio.generate_all(briefs, sweep="spring")
        assert capsys.readouterr().out == "sweep 'spring': 2 ordered for 100 credits\n"
        first = [clip.clip_id for task in tasks for clip in task.result(60)]
        balance = studio.balance
    with Studio(tmp_path, quiet=True) as studio:
        tasks = studio.generate_all(briefs, sweep="spring")
        text = "sweep 'spring': nothing new sent; 2 ordered before (2 succeeded)\n"
        assert capsys.readouterr().out == text
        assert [clip.clip_id for task in tasks for clip in task.result()] == first
        assert studio.balance == balance


def test_cell_run_twice_at_once_joins_the_orders_that_are_under_way(tmp_path):
    """The handles are the same ones."""
    with Studio(tmp_path, quiet=True) as studio:
        tasks = studio.generate_all([SHORT], sweep="spring")
        assert studio.generate_all([SHORT], sweep="spring")[0] is tasks[0]
        assert len(tasks[0].result(60)) == 1


@pytest.mark.parametrize(
    ("briefs", "sweep", "cap", "named"),
    [
        ([], "a", None, "briefs"),
        ([BRIEF, "a song"], "a", None, r"briefs\[1\]"),
        ([BRIEF, TextToMusic("")], "a", None, r"briefs\[1\]\.prompt"),
        ([BRIEF], "", None, "sweep"),
        ([BRIEF], None, None, "sweep"),
        ([BRIEF], "x" * 81, None, "sweep"),
        ([BRIEF], "a", -1, "max_credits"),
        ([BRIEF], "a", "lots", "max_credits"),
        ([BRIEF], "a", float("nan"), "max_credits"),
        ([BRIEF], "a", True, "max_credits"),
        ([BRIEF], "a", 10**18, "max_credits"),
        pytest.param([BRIEF], "a", 10**5000, "max_credits", id="endless"),
        (BRIEF, "a", None, "briefs"),
        (None, "a", None, "briefs"),
        ([BRIEF], "x\ud800", None, "sweep"),
    ],
)
def test_wrong_sweep_is_refused_before_anything_is_written(  # noqa: PLR0917
    service, remote, briefs, sweep, cap, named
):
    """Every faulty part is named."""
    with pytest.raises(InvalidInput, match=named):
        remote.generate_all(briefs, sweep=sweep, max_credits=cap)
    assert journal(remote).jobs() == []
    assert service.orders == []


def test_clip_whose_file_has_gone_is_fetched_again(tmp_path):
    """It is paid for: resume() brings it back, byte for byte."""
    with Studio(tmp_path, quiet=True) as studio:
        (clip,) = studio.generate(SHORT).result(60)
        data = clip.path.read_bytes()
        clip.path.unlink()
        checked = studio.library.verify()
        assert (checked.ok, len(checked.missing)) == (False, 1)
        assert "1 unfinished" in repr(studio)
        assert studio.resume().said == "1 recovered"
        assert clip.path.read_bytes() == data
        assert studio.library.verify().ok


def test_verify_names_what_is_altered_and_what_is_not_ours(tmp_path):
    """One changed byte is enough; nothing is overwritten by anybody."""
    with Studio(tmp_path, quiet=True) as studio:
        (clip,) = studio.generate(SHORT).result(60)
        data = bytearray(clip.path.read_bytes())
        data[1000] ^= 1
        clip.path.write_bytes(data)
        (studio.library.clips_folder / "<b>notes.txt").write_text("mine")
        checked = studio.library.verify()
        assert [record.clip_id for record in checked.altered] == [clip.clip_id]
        assert checked.strangers == ("<b>notes.txt",)
        assert "0 clips intact, 0 missing, 1 altered" in str(checked)
        assert studio.resume() == ()
        assert clip.path.read_bytes() == data


def test_account_agrees_with_the_ledger_to_the_credit(tmp_path):
    """What succeeded, what was canceled, by model and sweep, and what is left."""
    with Studio(tmp_path, quiet=True) as studio:
        studio.generate_all([SHORT], sweep="spring").wait(60)
        task = studio.generate(BRIEF.with_changes(prompt="ambient, 5 minutes"))
        while task.task_id is None:
            time.sleep(0.01)
        task.cancel()
        account = studio.account()
        assert account.differences == ()
        assert (account.charged, account.refunded, account.spent, account.held) == (130, 80, 50, 0)
        assert account.balance == Decimal(9950)
        assert {name: sums.spent_credits for name, sums in account.by("sweep").items()} == {
            "spring": 50, "": 0,
        }  # fmt: skip
        table = account.table(by="model")
        assert table.spent_credits.to_dict() == {"minimax-music-2.6": 50.0, "suno-5.5": 0.0}
        assert "agrees to the credit" in str(account)
        assert "<td" in account._repr_html_()


def test_account_shows_where_the_ledger_differs(tmp_path):
    """An order of somebody else with the same wallet is not hidden."""
    with Studio(tmp_path, quiet=True) as studio:
        client = studio._road.client
        body = SHORT.request().body()
        accepted = studio._road.loop.run(
            client.create("text_to_music", json.dumps(body).encode(), idempotency_key="k" * 20)
        )
        (difference,) = studio.account().differences
        assert difference == f"{accepted.task_id}: 50 credits there, no such order here"


def test_refund_that_came_late_is_read_by_the_account(service, remote):
    """Until it is reported the money counts as held."""
    service.create = lambda _body: (202, JSON, envelope(status="queued", billing=BILLED))
    service.read = lambda _: (200, JSON, envelope(billing=BILLED))
    with pytest.raises(TaskFailed):
        remote.generate(BRIEF).result(30)
    assert remote.account().held == 80
    service.read = lambda _: (200, JSON, envelope())
    assert (remote.account().held, remote.account().refunded) == (0, 80)


def test_hostile_sweep_name_is_only_text_on_the_account(service, remote):
    """Names come from outside; the page shows them as they are."""
    service.create = lambda _body: (202, JSON, envelope(status="queued", billing=BILLED))
    remote.generate_all([BRIEF], sweep="<img src=x onerror=alert(1)>").wait(30)
    page = remote.account()._repr_html_()
    assert "<img" not in page
    assert "&lt;img" in page


OWNER = """
import sys
from musicnb import Studio, TextToMusic
studio = Studio(sys.argv[1], quiet=True)
brief = TextToMusic("techno, 5 seconds", model="minimax-music-2.6", instrumental=True)
studio.generate(brief).result()
print("ready", flush=True)
sys.stdin.read()
"""


def test_second_kernel_looks_on_and_orders_nothing(tmp_path, capsys):
    """It plays and counts what is there, says who works with it, and takes over afterwards."""
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with owner:
        assert owner.stdout.readline() == b"ready\n"
        with Studio(tmp_path) as onlooker:
            said = capsys.readouterr().out
            assert "read only" in said
            assert f"process {owner.pid}" in said
            assert onlooker.read_only
            assert len(onlooker.clips()[0].read().samples) > 0
            assert len(onlooker.table()) == 1
            assert onlooker.account().spent == 50
            assert onlooker.library.verify().ok
            for order in (
                lambda: onlooker.generate(SHORT),
                lambda: onlooker.generate_all([SHORT], sweep="a"),
                onlooker.resume,
                onlooker.form,
            ):
                with pytest.raises(LibraryError, match="Nothing was sent from here"):
                    order()
        owner.kill()
    with Studio(tmp_path, quiet=True) as studio:
        assert not studio.read_only
        assert studio.balance == 9950


def test_interrupted_wait_says_how_to_go_on_and_cancels_nothing(tmp_path):
    """Ctrl-C ends the waiting; the task goes on."""
    code = (
        "import os, signal, sys, threading; from musicnb import Studio, TextToMusic;"
        "signal.signal(signal.SIGINT, signal.default_int_handler);"
        "studio = Studio(sys.argv[1], quiet=True);"
        "task = studio.generate(TextToMusic('ambient, 60 seconds'));"
        "threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()\n"
        "try: task.result()\n"
        "except KeyboardInterrupt as error: print(error.__notes__[0])\n"
        "print(len(task.result()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert re.search(r"The task goes on .*result\(\) waits for it again\n2\n", done.stdout)


def test_outage_is_not_hammered(service, remote):
    """While nobody answers, orders are sent once each, and not five times."""
    tasks = remote.generate_all([BRIEF] * 40, sweep="spring")
    for task in tasks:
        with pytest.raises(ConnectionFailed):
            task.result(60)
    assert len(service.orders) < 40 + 20
    assert {job.state for job in journal(remote).jobs()} == {"unknown"}
    assert remote.account().held == 3200
