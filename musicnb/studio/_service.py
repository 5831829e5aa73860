"""Which service the studio talks to: the hosted one, or a sandbox of its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from musicnb.settings import ApiKey, Settings, is_loopback

if TYPE_CHECKING:
    from musicnb.sandbox.process import SandboxProcess

_HOSTED_PER_S: Final = 8.0
# nobody else asks the sandbox of a library, and it answers thousands
_OWN_PER_S: Final = 50.0


@dataclass(frozen=True, slots=True)
class Service:
    """A service that is ready to be asked.

    Parameters
    ----------
    base_url, api_key
        Where and as whom.
    identity
        Names the service and account in the journal; never the key itself, and the same on the
        next start although the sandbox's port differs.
    line
        What a person is told about it.
    process
        The sandbox we started, or None.
    """

    base_url: str
    api_key: ApiKey
    identity: str
    line: str
    process: SandboxProcess | None = None

    @property
    def is_sandbox(self) -> bool:
        """Whether this studio started it."""
        return self.process is not None

    @property
    def requests_per_s(self) -> float:
        """Requests per second at most; a hosted service's own limit is not published."""
        return _OWN_PER_S if self.is_sandbox else _HOSTED_PER_S

    @property
    def alive(self) -> bool:
        """Whether it can be there at all; False for a sandbox of ours that has ended."""
        return self.process is None or self.process.alive

    @property
    def serves_loopback(self) -> bool:
        """Whether its files may come over plain HTTP from this machine."""
        return self.base_url.startswith("http://")


def open_service(settings: Settings | None, *, sandbox_folder: Path) -> Service:
    """Name the hosted service, or start a sandbox.

    Raises
    ------
    MusicnbError
        The sandbox did not start.
    """
    if settings is None:
        # a hosted service needs none of the sandbox's server
        from musicnb.sandbox.process import SandboxProcess  # noqa: PLC0415

        process = SandboxProcess.start(sandbox_folder)
        return Service(
            base_url=process.base_url,
            api_key=ApiKey(process.api_key),
            identity="sandbox",
            line="sandbox (offline, play money, its own engine makes the music)",
            process=process,
        )
    host = settings.base_url.split("/")[2]
    kind = "local service" if is_loopback(host.rsplit(":", 1)[0].strip("[]")) else "hosted service"
    return Service(
        base_url=settings.base_url,
        api_key=settings.api_key,
        identity=f"{settings.base_url}#{settings.api_key.fingerprint}",
        line=f"{kind} {host} (real credits)" if kind == "hosted service" else f"{kind} {host}",
    )
