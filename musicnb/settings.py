"""Which service is used, and the key to it, which never shows itself."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, NoReturn, Self
from urllib.parse import SplitResult, urlsplit

from musicnb.errors import ConfigurationError

__all__ = ["HOSTED_URL", "SANDBOX", "ApiKey", "Settings", "is_loopback"]

HOSTED_URL: Final = "https://api.beatra.ai/v1"
SANDBOX: Final = "sandbox"
BASE_URL_VARIABLE: Final = "MUSICNB_BASE_URL"
KEY_VARIABLES: Final = ("MUSICNB_API_KEY", "BEATRA_API_KEY")
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
# a name, or an address of version 4 or 6; anything else no client could reach
_HOST: Final = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+", re.IGNORECASE)
_KEY_HELP: Final = (
    f"Set {KEY_VARIABLES[0]} in the environment before starting Jupyter (in Colab: add it under"
    " Secrets and let this notebook read it), or pass api_key=getpass.getpass(); do not write it"
    " into a notebook"
)


class ApiKey:
    """A key that is only seen by the one line that sends it.

    Neither ``repr``, ``str``, ``format`` nor a traceback that prints local variables shows it, and
    it cannot be pickled or copied into a widget.

    Parameters
    ----------
    secret
        The key as the service gave it out; surrounding white space is removed.

    A malformed key is only complained about by `require_valid`, so that whoever received it as text
    can first let go of the text: verbose tracebacks print local variables.
    """

    __slots__ = ("__secret",)

    def __init__(self, secret: str) -> None:
        text = secret.strip() if isinstance(secret, str) else ""
        valid = text.isascii() and text.isprintable() and " " not in text
        self.__secret = text if valid else ""

    def require_valid(self) -> None:
        """Raise unless this can be a key.

        Raises
        ------
        ConfigurationError
            Not text, empty, or not printable ASCII without spaces; the value is not repeated.
        """
        if not self.__secret:
            raise ConfigurationError(
                "the API key is empty or has characters no key has (value not shown)",
                hint=_KEY_HELP,
            )

    @classmethod
    def from_environment(cls) -> ApiKey | None:
        """Read the key from the first of ``KEY_VARIABLES`` that is set; in Colab, a secret."""
        for read in (os.environ.get, _colab_secret):
            for name in KEY_VARIABLES:
                # read twice: a traceback that prints local variables is not to show it
                if (read(name) or "").strip():
                    return cls(read(name) or "")
        return None

    def reveal(self) -> str:
        """Return the key itself; only for the request header."""
        return self.__secret

    @property
    def fingerprint(self) -> str:
        """Twelve hexadecimal digits that tell keys apart without giving them away."""
        return sha256(self.__secret.encode()).hexdigest()[:12]

    def __repr__(self) -> str:
        return "ApiKey(hidden)"

    __str__ = __repr__

    def __reduce__(self) -> NoReturn:
        raise TypeError("an API key is not pickled; pass it anew")


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the hosted service is and how it is paid.

    Parameters
    ----------
    base_url
        Root of the API, ending in ``/v1``, without a trailing slash.
    api_key
        The key sent to that URL and to nothing else.
    """

    base_url: str
    api_key: ApiKey

    @classmethod
    def resolve(cls, *, base_url: str | None = None, api_key: ApiKey | None = None) -> Self | None:
        """Combine arguments and environment; None means the sandbox.

        A key given as an argument means the hosted service. A key that merely stands in the
        environment does not: together with a base URL it is used, alone it stays unused, so that
        nobody spends money by having the variable set. The base URL ``"sandbox"`` means the
        sandbox, whatever the environment says.

        Raises
        ------
        ConfigurationError
            A base URL without a key, or a URL that a key must not be sent to.
        """
        if api_key is not None:
            api_key.require_valid()
        url = _given_url(base_url)
        if not url and api_key is not None:
            url = HOSTED_URL
        if url.casefold() in ("", SANDBOX):
            return None
        url = _checked_url(url)
        key = api_key or ApiKey.from_environment()
        if key is None:
            raise ConfigurationError(f"there is no API key for {url}", hint=_KEY_HELP)
        key.require_valid()
        return cls(url, key)


def is_loopback(host: str | None) -> bool:
    """Tell whether a host name means this very machine."""
    return host in _LOOPBACK


def _given_url(argument: object) -> str:
    """Return the base URL that was asked for: the argument, else the variable, else nothing."""
    if argument is None:
        return (os.environ.get(BASE_URL_VARIABLE) or _colab_secret(BASE_URL_VARIABLE) or "").strip()
    if not isinstance(argument, str) or not argument.strip():
        raise ConfigurationError(
            f"base_url must be text, not {type(argument).__name__}",
            hint=f'Leave it out, or give "{SANDBOX}" or a URL like {HOSTED_URL}',
        )
    return argument.strip()


def _colab_secret(name: str) -> str | None:
    """Read a secret of Google Colab; None elsewhere, and for one this notebook may not read."""
    if "google.colab" not in sys.modules:  # Colab's kernel has loaded it before the first cell
        return None
    from google.colab import userdata  # noqa: PLC0415 - only where it is

    refusals = (
        userdata.SecretNotFoundError, userdata.NotebookAccessError, userdata.TimeoutException,
    )  # fmt: skip
    with contextlib.suppress(*refusals):
        return str(userdata.get(name))
    return None


def _checked_url(text: str) -> str:
    parts = _split(text)
    if parts.username or parts.password:
        raise ConfigurationError(
            "the base URL holds a user name or password (not shown)",
            hint="Remove it; the key travels in a header",
        )
    shown = f"{parts.scheme}://{parts.netloc}{parts.path}"
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(host):
        raise _no_url()
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ConfigurationError(
            f"{shown} would send your key unencrypted", hint="Use https:// (http only on loopback)"
        )
    if parts.query or parts.fragment:
        raise ConfigurationError(f"{shown} has a query or fragment", hint="Leave it out")
    path = parts.path.rstrip("/") or "/v1"
    return f"{parts.scheme}://{parts.netloc}{path}"


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        valid = parts.port is None or parts.port > 0  # reading the port checks it
    except ValueError:
        valid = False
    if not valid:
        raise _no_url()
    return parts


def _no_url() -> ConfigurationError:
    return ConfigurationError(
        "the base URL is none (not shown: keys get mixed up with it)",
        hint=f"It looks like {HOSTED_URL}",
    )
