"""Scores: what the embedded sandbox composed, for other music programs."""

from __future__ import annotations

from musicnb.errors import ConfigurationError, Fault, InvalidInput
from musicnb.studio._clip import Clip
from musicnb.studio._road import Road


def score_of(road: Road, clip: object) -> bytes:
    """Ask the sandbox for a clip's score; see `Studio.score`."""
    if not isinstance(clip, Clip):
        message = f"is {clip!r:.80}; give one of studio.clips()"
        raise InvalidInput.from_faults([Fault("clip", "", message)])
    artifact_id = clip.record.artifact_id
    if not clip.sandbox or artifact_id is None:
        raise ConfigurationError(
            f"{clip.clip_id} has no score: only what the sandbox composed was ever written down",
            hint="The hosted models give sound and no notes",
        )
    if not road.service.is_sandbox:
        raise ConfigurationError(
            f"the score of {clip.clip_id} lies at the embedded sandbox, which is not in use",
            hint='Open the library with Studio(library=..., base_url="sandbox")',
        )
    return road.loop.run(road.client.sandbox_score(artifact_id))
