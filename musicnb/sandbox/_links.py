"""The expiring signed URLs that sound files are fetched by."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from musicnb.sandbox._clock import now_us
from musicnb.sandbox._refusals import Refusal

LIFETIME_S: Final = 24 * 3600
# Rounded up to the hour, so that two polls of one task show the same URL.
_ROUNDING_S: Final = 3600
_MAX_EXPIRES_DIGITS: Final = 12


@dataclass(frozen=True, slots=True)
class UrlSigner:
    """Makes and checks the URLs of artifacts.

    Parameters
    ----------
    base_url
        Scheme, host and port of this server, without a path.
    secret
        Key of the HMAC; it stays in the data folder, so URLs outlive a restart on the same port.
    """

    base_url: str
    secret: bytes

    def at(self, base_url: str) -> UrlSigner:
        """Return the signer for clients that reach this server by another address."""
        return UrlSigner(base_url, self.secret)

    def expires(self) -> int:
        """Return when URLs that are made now expire, in seconds since 1970."""
        return -(-(now_us() // 1_000_000 + LIFETIME_S) // _ROUNDING_S) * _ROUNDING_S

    def url(self, artifact_id: str) -> str:
        """Return an absolute URL that works for at least 24 hours."""
        expires = self.expires()
        query = urlencode({"expires": expires, "signature": self._sign(artifact_id, str(expires))})
        return f"{self.base_url}/files/{artifact_id}?{query}"

    def check(self, artifact_id: str, *, expires: str, signature: str) -> None:
        """Check a URL that came back.

        Raises
        ------
        Refusal
            403: it was altered, or it has expired.
        """
        expected = self._sign(artifact_id, expires).encode()
        given = signature.encode("utf-8", "surrogatepass")
        if not hmac.compare_digest(expected, given) or len(expires) > _MAX_EXPIRES_DIGITS:
            raise Refusal("forbidden", "the signature of this URL is wrong; read the task again")
        if int(expires) <= now_us() // 1_000_000:
            raise Refusal("forbidden", "this URL has expired; read the task again for a new one")

    def _sign(self, artifact_id: str, expires: str) -> str:
        text = f"{artifact_id}\n{expires}".encode("utf-8", "surrogatepass")
        return hmac.new(self.secret, text, hashlib.sha256).hexdigest()
