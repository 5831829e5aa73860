"""A sandbox as its client sees it, and what tests ask of it."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import httpx
import numpy as np
import soundfile as sf

from musicnb.sandbox import SandboxProcess

OVER = ("succeeded", "failed", "canceled")
TEN_SECONDS: dict[str, Any] = {
    "model": "minimax-music-2.6",
    "prompt": "10 seconds techno",
    "instrumental": True,
}
# long enough that a test can do something while it is rendered
MINUTES: dict[str, Any] = {**TEN_SECONDS, "prompt": "4 minutes of techno, 240 seconds"}


@dataclass(frozen=True)
class Service:
    """A sandbox as its client sees it."""

    process: SandboxProcess
    http: httpx.Client

    def post(self, path: str, body: Any, **headers: str) -> httpx.Response:
        """Send JSON."""
        return self.http.post(path, json=body, headers=headers)

    def create(self, body: dict[str, Any], **headers: str) -> dict[str, Any]:
        """Order music and return the new task."""
        answer = self.post("/v1/music/text-to-music", body, **headers)
        assert answer.status_code == 202, answer.text
        task: dict[str, Any] = answer.json()
        return task

    def task(self, task_id: str) -> dict[str, Any]:
        """Read a task."""
        answer = self.http.get(f"/v1/tasks/{task_id}")
        assert answer.status_code == 200, answer.text
        task: dict[str, Any] = answer.json()
        return task

    def until(
        self, task_id: str, reached: Callable[[dict[str, Any]], bool] | None = None
    ) -> dict[str, Any]:
        """Poll a task until it is over, or until `reached` says so."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            task = self.task(task_id)
            if task["status"] in OVER or (reached is not None and reached(task)):
                return task
            time.sleep(0.02)
        raise AssertionError(f"{task_id} took more than a minute")

    def make(self, body: dict[str, Any]) -> dict[str, Any]:
        """Create a task and wait for its end."""
        return self.until(self.create(body)["task_id"])

    def drop(self, *task_ids: str) -> None:
        """Cancel tasks and wait until their money is back."""
        for task_id in task_ids:
            self.http.post(f"/v1/tasks/{task_id}/cancel")
        for task_id in task_ids:
            assert self.until(task_id)["status"] == "canceled"

    def balance(self) -> Decimal:
        """Return the wallet's credits."""
        return Decimal(self.http.get("/sandbox/wallet").json()["balance_credits"])

    def transfers(self) -> list[dict[str, Any]]:
        """Return the ledger, oldest first."""
        data: list[dict[str, Any]] = self.http.get("/sandbox/ledger").json()["data"]
        return data

    def kinds(self, task_id: str) -> list[str]:
        """Return which transfers a task has caused."""
        return [move["kind"] for move in self.transfers() if move["task_id"] == task_id]

    def assert_sound_ledger(self) -> None:
        """Check that every transfer sums to zero and that the wallet is the sum of its entries."""
        total = Decimal(0)
        for move in self.transfers():
            amounts = {entry["account"]: Decimal(entry["credits"]) for entry in move["entries"]}
            assert len(amounts) == 2
            assert sum(amounts.values()) == 0
            total += amounts["wallet:local"]
        assert total == self.balance()


def connect(process: SandboxProcess) -> httpx.Client:
    return httpx.Client(
        base_url=process.base_url.removesuffix("/v1"),
        headers={"Authorization": f"Bearer {process.api_key}"},
        timeout=30,
        trust_env=False,
    )


def decoded(content: bytes) -> tuple[np.ndarray[Any, np.dtype[np.float32]], int]:
    samples, rate = sf.read(io.BytesIO(content), dtype="float32", always_2d=True)
    return samples, rate


def tone(seconds: float, *, format: str = "WAV") -> bytes:  # noqa: A002 - soundfile's word
    """Return a file with a 220 Hz tone in eighth notes."""
    rate = 22_050
    time_s = np.arange(int(seconds * rate)) / rate
    samples = 0.3 * np.sin(2 * np.pi * 220 * time_s) * (time_s % 0.25 < 0.2)
    buffer = io.BytesIO()
    sf.write(buffer, samples.astype(np.float32), rate, format=format)
    return buffer.getvalue()
