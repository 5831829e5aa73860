"""The safeguards of the money: what each is in the source, and the tests that must miss it."""

from __future__ import annotations

from dataclasses import dataclass

_MOMENTS = "tests/money/test_moments.py"
_FAULTS = "tests/money/test_faults.py"
_RECOVERY = "tests/studio/test_recovery.py"
_SENDING = "musicnb/studio/_sending.py"
_JOURNAL = "musicnb/library/_journal.py"
_API = "musicnb/client/_api.py"

_ATTEMPT = "lambda: self._once(method, path, record, creates=creates, **parts)"
_ATTEMPT_WITH_ANOTHER_KEY = """lambda: self._once(
                method, path, record, creates=creates,
                **(parts | ({"headers": parts["headers"] | {
                    "Idempotency-Key": str(__import__("uuid").uuid4())}} if creates else {}))
            )"""
_RESERVING = """\
        with self._db.transaction(charged=False) as db:
            db.execute(
                "INSERT INTO sweeps"""
_READING = "committed = self._committed(service, sweep)\n"


@dataclass(frozen=True)
class Safeguard:
    """One safeguard, and how it is taken away.

    Parameters
    ----------
    name
        What it is, in words.
    file
        The source it stands in.
    edits
        Pairs of text: what stands there, exactly once, and what takes its place.
    tests
        Arguments for pytest; without the safeguard at least one of them must fail.
    """

    name: str
    file: str
    edits: tuple[tuple[str, str], ...]
    tests: tuple[str, ...]


SAFEGUARDS = (
    Safeguard(
        "an order is in the journal as sending before it is sent",
        _SENDING,
        (("            self._journal.sending(job.job_id)\n", ""),),
        (_MOMENTS, "-k", "in_turn"),
    ),
    Safeguard(
        "every attempt has the same key",
        _API,
        ((_ATTEMPT, _ATTEMPT_WITH_ANOTHER_KEY),),
        (_FAULTS, "-k", "paid_once and answer_lost-after"),
    ),
    Safeguard(
        "the next session sends the same key",
        _SENDING,
        (
            (
                "idempotency_key=job.idempotency_key\n                )",
                'idempotency_key=f"{job.idempotency_key}-{time.time_ns()}"\n                )',
            ),
        ),
        (_MOMENTS, "-k", "in_turn"),
    ),
    Safeguard(
        "what is left under a cap is read in the transaction that reserves it",
        _JOURNAL,
        ((f"            {_READING}", ""), (_RESERVING, f"        {_READING}{_RESERVING}")),
        ("tests/money/test_cap.py",),
    ),
    Safeguard(
        "an order is looked for, and not sent, once its key may be forgotten",
        _SENDING,
        (("KEY_COUNTS_S: Final = 23 * 3600.0", "KEY_COUNTS_S: Final = 23 * 3600.0e6"),),
        (_RECOVERY, "-k", "after_a_day"),
    ),
    Safeguard(
        "a task that cannot be told from another is not taken for the order",
        _SENDING,
        (
            (
                "        if len(same) == 1 and len(matches) == 1:\n            return same[0]",
                "        if matches:\n            return next(iter(matches.values()))",
            ),
        ),
        (_RECOVERY, "-k", "cannot_be_told"),
    ),
    Safeguard(
        "a twin under way leaves the order in doubt",
        _SENDING,
        ((" or isinstance(error, Conflict)\n", "\n"),),
        (_FAULTS, "-k", "paid_once and in_progress"),
    ),
    Safeguard(
        "a doubt outlives a later refusal",
        "musicnb/client/_retry.py",
        (("charged=None if doubtful else error.charged", "charged=error.charged"),),
        ("tests/unit/test_retry.py",),
    ),
    Safeguard(
        "a download is on the disk before it has its name",
        "musicnb/client/_media.py",
        (("        os.fsync(file.fileno())\n", ""),),
        (_MOMENTS, "-k", "durable"),
    ),
    Safeguard(
        "a clip's name is on the disk before it is written down",
        "musicnb/library/_library.py",
        (("            sync_folder(self.clips_folder)\n", ""),),
        (_MOMENTS, "-k", "durable"),
    ),
    Safeguard(
        "a download is as long as it was announced",
        "musicnb/client/_media.py",
        (("if announced is not None and announced != size:", "if announced == -1:"),),
        (_FAULTS, "-k", "fetched_later and cut_body"),
    ),
    Safeguard(
        "one process at a time works with a library",
        "musicnb/library/_library.py",
        (("fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)", "pass"),),
        ("tests/unit/test_library.py", "-k", "second_process"),
    ),
    Safeguard(
        "the service's database takes one refund a task",
        "musicnb/sandbox/_schema.py",
        (
            (
                "    CHECK ((kind = 'top_up') = (task_id IS NULL)),\n    UNIQUE (task_id, kind)\n",
                "    CHECK ((kind = 'top_up') = (task_id IS NULL))\n",
            ),
        ),
        ("tests/money/test_refunds.py",),
    ),
    Safeguard(
        "the service's database refunds only what delivers nothing",
        "musicnb/sandbox/_schema.py",
        (
            (
                "SELECT RAISE (ABORT, 'only what has failed or was canceled is refunded');",
                "SELECT 1;",
            ),
        ),
        ("tests/sandbox/test_faults_of_tasks.py", "-k", "database_refunds_only"),
    ),
)
