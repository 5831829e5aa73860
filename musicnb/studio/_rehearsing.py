"""Faults of the sandbox on command."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from musicnb.errors import ConfigurationError, Fault, InvalidInput
from musicnb.studio._road import Road


def rehearse(road: Road, fault: str | None, options: Mapping[str, Any]) -> None:
    """Arm a fault, or disarm all; see `Studio.rehearse`."""
    if not road.service.is_sandbox:
        raise ConfigurationError(
            "only the embedded sandbox can rehearse faults",
            hint='Use Studio(library=..., base_url="sandbox")',
        )
    body = None if fault is None else {"fault": fault, **options}
    try:
        json.dumps(body, allow_nan=False, ensure_ascii=False).encode()
    except (TypeError, ValueError) as error:
        raise InvalidInput.from_faults([Fault("fault", "", f"{error!s:.80}")]) from None
    road.loop.run(road.client.sandbox_faults(body))
