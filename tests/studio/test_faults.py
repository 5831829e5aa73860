"""What the user is told, and what the journal says, when the service or the network misbehaves."""

import json
import socket

import pytest
from scripted import KEY

from musicnb import Studio, TextToMusic, sound
from musicnb.errors import (
    AuthenticationError,
    ConfigurationError,
    ConnectionFailed,
    DownloadFailed,
    InsufficientBalance,
    InvalidRequest,
    ServiceUnavailable,
    TaskFailed,
)

BRIEF = TextToMusic("x")
CREATE = ("POST", "/v1/music/text-to-music")


def refusal(status, code, *, retryable=False, **more):
    error = {"code": code, "message": f"because of {code}", "retryable": retryable, **more}
    return (status, {"Content-Type": "application/json"}, {"error": error})


def envelope(status, **fields):
    return (
        200,
        {"Content-Type": "application/json"},
        {"object": "task", "task_id": "tsk_1", "status": status, "model": "suno-5.5", **fields},
    )


BILLED = {"billing": {"charged_credits": "80.0000", "refunded_credits": "0.0000"}}


def state_of(studio):
    """Return (state, charged, problem) of the newest order in the journal."""
    job = studio._road.library.journal.takes()[-1].job
    return job.state, job.charged_credits, job.problem


@pytest.mark.parametrize(
    ("answer", "error", "state", "charged"),
    [
        (refusal(401, "invalid_api_key"), AuthenticationError, "planned", False),
        (refusal(403, "tenant_disabled"), AuthenticationError, "planned", False),
        (refusal(402, "insufficient_balance"), InsufficientBalance, "planned", False),
        (refusal(422, "invalid_request", param="/prompt"), InvalidRequest, "failed", False),
        (refusal(400, "unsupported_model"), InvalidRequest, "failed", False),
        (refusal(500, "billing_failed", retryable=True), ServiceUnavailable, "unknown", None),
        ((502, {}, b"<html>Bad Gateway</html>"), ServiceUnavailable, "unknown", None),
        ((200, {}, b'{"task_id": "tsk_'), ServiceUnavailable, "unknown", None),
        ((200, {}, {"status": "queued"}), ServiceUnavailable, "unknown", None),
        (None, ConnectionFailed, "unknown", None),
    ],
)
def test_refused_or_unanswered_order(scripted, remote, answer, error, state, charged):  # noqa: PLR0917
    """Each refusal is its own error, says whether it was charged, and the journal agrees."""
    scripted.answer = lambda *_: answer
    task = remote.generate(BRIEF)
    with pytest.raises(error) as caught:
        task.result(20)
    assert caught.value.charged is charged
    assert caught.value.idempotency_key
    assert KEY not in f"{caught.value!s}{caught.value!r}{caught.value.fields}"
    assert state_of(remote)[0] == state
    assert task.status == state
    assert task.error is caught.value


def test_every_attempt_at_an_order_is_the_same_request(scripted, remote):
    """A lost answer is asked for again with the same key and the same bytes, then succeeds."""
    answers = [None, (503, {}, b""), envelope("failed", **BILLED)]
    scripted.answer = lambda *_: answers.pop(0) if answers else envelope("failed", **BILLED)
    task = remote.generate(BRIEF)
    with pytest.raises(TaskFailed):
        task.result(20)
    sent = scripted.requests(*CREATE)
    assert len(sent) == 3
    assert len({headers["Idempotency-Key"] for headers, _ in sent}) == 1
    assert len({body for _, body in sent}) == 1


def test_unanswered_order_is_resumed_under_its_own_key(scripted, remote):
    """resume() repeats the very same request; it is never a new order."""
    scripted.answer = lambda *_: None
    with pytest.raises(ConnectionFailed):
        remote.generate(BRIEF).result(20)
    scripted.answer = lambda *_: envelope("failed", **BILLED)
    (again,) = remote.resume()
    with pytest.raises(TaskFailed):
        again.result(20)
    assert len({headers["Idempotency-Key"] for headers, _ in scripted.requests(*CREATE)}) == 1


def test_top_up_and_resume_sends_what_was_turned_away(scripted, remote):
    """After a 402 the work is kept; nothing has to be typed again."""
    scripted.answer = lambda *_: refusal(402, "insufficient_balance")
    with pytest.raises(InsufficientBalance, match="Top up"):
        remote.generate(BRIEF).result(20)
    assert "1 unfinished" in repr(remote)


def test_order_that_was_turned_away_can_be_withdrawn(scripted, remote):
    """The error names both ways; after cancel() nobody sends it later."""
    scripted.answer = lambda *_: refusal(402, "insufficient_balance")
    task = remote.generate(BRIEF)
    with pytest.raises(
        InsufficientBalance, match=r"resume\(\) sends it, task.cancel\(\) withdraws"
    ):
        task.result(20)
    assert task.cancel() == "canceled"
    assert remote.resume() == ()
    assert state_of(remote) == ("canceled", None, "withdrawn before it was sent")


def test_failed_task_says_what_was_refunded(scripted, remote):
    """The reason is the service's, the money is what it reported."""
    scripted.answer = lambda *_: envelope(
        "failed",
        error={"code": "content_rejected", "message": "not that", "retryable": False},
        billing={"charged_credits": "80.0000", "refunded_credits": "80.0000"},
    )
    with pytest.raises(TaskFailed, match=r"content_rejected.*not that.*80 credits were refunded"):
        remote.generate(BRIEF).result(20)
    assert state_of(remote)[0] == "failed"


def test_failed_task_without_billing_admits_not_to_know(scripted, remote):
    """An absent amount is neither zero nor refunded."""
    scripted.answer = lambda *_: envelope("failed")
    with pytest.raises(TaskFailed, match="unknown whether charged") as caught:
        remote.generate(BRIEF).result(20)
    assert caught.value.charged is None


def test_unreachable_service_charges_nothing_and_keeps_the_order(tmp_path):
    """Nobody listens: the error says so, and the order can be sent later."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/v1"
    with Studio(tmp_path, base_url=url, api_key=KEY, quiet=True) as studio:
        with pytest.raises(ConnectionFailed, match="did not answer") as caught:
            studio.generate(BRIEF).result(20)
        assert caught.value.charged is False
        assert state_of(studio)[0] == "planned"


def test_hosted_url_without_a_key_is_refused_at_once(tmp_path):
    """Before a folder is made or a request is sent."""
    with pytest.raises(ConfigurationError, match="no API key"):
        Studio(tmp_path / "library", base_url="https://music.example/v1")
    assert not (tmp_path / "library").exists()


def served(scripted, audio, *, expected=None, duration=1.0, fetches=()):
    """Let the service finish a task at once, and serve the given bytes as its clip."""
    fetches = list(fetches)

    def answer(method, path, _headers, _body):
        if path.startswith("/files/"):
            return fetches.pop(0) if fetches else (200, {}, audio)
        clip = {
            "audio": {
                "url": f"{scripted.url}/files/a?signature=secret-signature",
                "artifact_id": "art_1",
                "duration_seconds": duration,
                "size_bytes": len(audio) if expected is None else expected,
            },
            "title": "T",
        }
        done = envelope("succeeded", output={"clips": [clip]}, **BILLED)
        return (202, *done[1:]) if method == "POST" else done

    scripted.answer = answer


@pytest.fixture(scope="module")
def mp3():
    """Make a second of noise as an MP3 file."""
    import numpy as np  # noqa: PLC0415 - only this fixture needs samples

    samples = np.random.default_rng(0).normal(0, 0.1, (44_100, 2)).astype(np.float32)
    return sound.encode(samples, 44_100)


def test_media_host_never_sees_the_key(scripted, remote, mp3):
    """The file is fetched without any Authorization header."""
    served(scripted, mp3)
    assert len(remote.generate(BRIEF).result(20)) == 1
    ((headers, _),) = scripted.requests("GET", "/files/a")
    assert "Authorization" not in headers
    assert KEY not in json.dumps(headers)


@pytest.mark.parametrize(
    "first",
    [
        (403, {}, b"expired"),
        (500, {}, b""),
        (200, {"Content-Length": "5"}, b"short"),
        None,
        (302, {"Location": "/files/elsewhere"}, b""),
    ],
)
def test_bad_download_is_repeated_with_a_fresh_url(scripted, remote, mp3, first):
    """An expired URL, an error, a cut body and a redirect all end with the clip on disk."""
    served(scripted, mp3, fetches=[first])
    (clip,) = remote.generate(BRIEF).result(20)
    assert clip.path.read_bytes() == mp3
    assert [file.suffix for file in clip.path.parent.iterdir()] == [".mp3"]


@pytest.mark.parametrize("body", [b"<html>gone</html>", b"", b"ID3" + bytes(300)])
def test_clip_that_is_no_sound_is_not_kept_and_not_lost(scripted, remote, body):
    """The order stays open: it is paid for, and can be fetched again."""
    served(scripted, body)
    task = remote.generate(BRIEF)
    with pytest.raises(DownloadFailed, match="not on disk yet") as caught:
        task.result(20)
    assert caught.value.charged is True
    assert "secret-signature" not in str(caught.value)
    assert list(remote.library.clips_folder.iterdir()) == []
    assert "1 unfinished" in repr(remote)


def test_lost_clip_is_fetched_by_resume(scripted, remote, mp3):
    """A clip whose download failed arrives later, without another order."""
    served(scripted, b"<html>")
    with pytest.raises(DownloadFailed):
        remote.generate(BRIEF).result(20)
    served(scripted, mp3)
    (task,) = remote.resume()
    assert len(task.result(20)) == 1
    assert len(scripted.requests(*CREATE)) == 1


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "http://192.168.0.1/a.mp3", "ftp://a/b", "//a/b", "", None, 5]
)
def test_unsafe_media_url_is_never_followed(scripted, remote, url):
    """Only HTTPS, and loopback for a local service."""
    clip = {"audio": {"url": url}}
    scripted.answer = lambda *_: envelope("succeeded", output={"clips": [clip]}, **BILLED)
    with pytest.raises(DownloadFailed):
        remote.generate(BRIEF).result(20)


def test_shorter_clip_than_promised_is_kept_and_marked(scripted, remote, mp3):
    """What is there is kept; what is missing is said."""
    served(scripted, mp3, duration=60.0)
    (clip,) = remote.generate(BRIEF).result(20)
    assert clip.record.problem == "1.0 of 60.0 s are there"


def test_success_without_clips_is_an_empty_result(scripted, remote):
    """Deliver what the output holds, even when that is nothing."""
    scripted.answer = lambda *_: envelope("succeeded", output={"clips": []}, **BILLED)
    task = remote.generate(BRIEF)
    assert task.result(20) == ()
    assert remote.table(every_order=True).task_credits.tolist() == [80.0]


def test_resolved_model_we_do_not_know_is_shown_as_it_is(scripted, remote, mp3):
    """Models come and go; an unknown one is no error."""
    served(scripted, mp3)
    known = scripted.answer

    def answer(*request):
        status, headers, body = known(*request)
        if isinstance(body, dict):
            body = body | {"resolved_model": "suno-7"}
        return status, headers, body

    scripted.answer = answer
    (clip,) = remote.generate(TextToMusic("x", model="auto")).result(20)
    assert clip.model == "suno-7"
    assert remote.table().model.tolist() == ["suno-7"]
