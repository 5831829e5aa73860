"""Files to measures: one file, or many side by side, each measured once.

What a file measures is kept by the hash of its bytes and the version of the code that measured it,
so neither a renamed file nor a second notebook measures it again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from musicnb._lazy import lazily
from musicnb.analysis._files import Source, measure_file

if TYPE_CHECKING:
    from musicnb.analysis._cache import MeasureCache, sha256_of
    from musicnb.analysis._digests import Digest, digest_of, digests, keep_digests
    from musicnb.analysis._many import PATIENCE_S, measure_many
    from musicnb.analysis._progress import Progress, telling
else:
    # what measuring one file does not need
    __getattr__ = lazily(
        __name__,
        {
            "musicnb.analysis._cache": ("MeasureCache", "sha256_of"),
            "musicnb.analysis._digests": ("Digest", "digest_of", "digests", "keep_digests"),
            "musicnb.analysis._many": ("PATIENCE_S", "measure_many"),
            "musicnb.analysis._progress": ("Progress", "telling"),
        },
    )

__all__ = [
    "PATIENCE_S",
    "Digest",
    "MeasureCache",
    "Progress",
    "Source",
    "digest_of",
    "digests",
    "keep_digests",
    "measure_file",
    "measure_many",
    "sha256_of",
    "telling",
]
