"""What the state machine chooses from, and the server it works on."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from hypothesis import strategies as st
from loading import REFERENCE, TEXT
from modelling import Order
from victim import Victim

INITIAL = Decimal(300)

models = st.sampled_from(("minimax-music-2.6", "suno-5.5", "auto"))
prompts = st.sampled_from(("10 seconds techno", "10 seconds of slow ambient"))
amounts = st.sampled_from(("0.0001", "49.9999", "80", "250.5000"))
delays_s = st.sampled_from((0.0, 0.001, 0.003, 0.006, 0.02))
hours = st.sampled_from((1, 23, 24, 25))
# whatever happens to the answer of a create, what was meant by it can be found out
mishaps = st.sampled_from(
    (
        {"fault": "answer_lost", "when": "before"},
        {"fault": "answer_lost", "when": "after"},
        {"fault": "server_error", "when": "before", "status": 500},
        {"fault": "server_error", "when": "after", "status": 504},
        {"fault": "html_page", "when": "after"},
        {"fault": "cut_body", "share": 0.5},
        {"fault": "rate_limited"},
        {"fault": "in_progress"},
    )
)
fates = st.sampled_from(
    (
        {"fault": "task_failed", "code": "content_rejected"},
        {"fault": "task_slow", "seconds": 0.5},
        {"fault": "task_stuck", "seconds": 7200},
    )
)
stages = st.sampled_from(("at once", "running", "rendering", "encoding", "storing", "over"))


class House:
    """The one server that all examples use, each as a project of its own.

    Parameters
    ----------
    projects
        How many there are, at most.
    """

    def __init__(self, folder: Path, projects: int) -> None:
        keys = [f"sk-{uuid.uuid4().hex}" for _ in range(projects)]
        lines = [f"p{number} {key} {INITIAL}\n" for number, key in enumerate(keys)]
        (folder / "keys").touch(mode=0o600)
        (folder / "keys").write_text("".join(lines))
        self.victim = Victim(folder, keys=folder / "keys")
        self.keys: Iterator[str] = iter(keys)


def text_order(model: str, prompt: str, *, keyed: bool) -> Order:
    body = {"model": model, "prompt": prompt, "instrumental": True, "metadata": job()}
    return Order(TEXT, body, uuid.uuid4().hex if keyed else None)


def reference_order(artifact: str, model: str, prompt: str, *, keyed: bool) -> Order:
    reference = {"type": "artifact", "artifact_id": artifact}
    body = {"model": model, "prompt": prompt, "reference_audio": reference, "metadata": job()}
    return Order(REFERENCE, body, uuid.uuid4().hex if keyed else None)


def job() -> dict[str, str]:
    return {"job": uuid.uuid4().hex}
