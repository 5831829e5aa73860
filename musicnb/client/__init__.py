"""One method per endpoint of the service, over httpx; the only room that knows httpx.

`Client` talks to the API with the key. `Media` fetches finished files with no key at all. Both are
async and belong to one event loop.
"""

from __future__ import annotations

from musicnb.client._api import Client
from musicnb.client._media import Download, Media
from musicnb.client._retry import Budget, Retry

__all__ = ["Budget", "Client", "Download", "Media", "Retry"]
