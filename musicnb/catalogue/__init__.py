"""What can be ordered, what it costs and what its limits are: the one table of models.

Forms, validation, prices, documentation and the sandbox all read this table; a new model, price or
option is one edit here. Prices are in credits (`decimal.Decimal`); 1000 credits are 1 USD, for
display only. Limits are the hosted service's published ones, in characters and seconds.
"""

from __future__ import annotations

from musicnb.catalogue._records import (
    CREDITS_PER_USD,
    MAX_UPLOAD_BYTES,
    REFERENCE_TO_MUSIC,
    TEXT_TO_MUSIC,
    Capability,
    Length,
    Mode,
    Model,
    Option,
    Price,
    ReferenceLimits,
    amount_text,
    dollars_text,
    usd,
)
from musicnb.catalogue._rules import (
    AUTO,
    auto_mode,
    candidates,
    faults_in,
    known_models,
    mode_of,
    price_of,
    resolve,
)
from musicnb.catalogue._table import MODELS

__all__ = [
    "AUTO",
    "CREDITS_PER_USD",
    "MAX_UPLOAD_BYTES",
    "MODELS",
    "REFERENCE_TO_MUSIC",
    "TEXT_TO_MUSIC",
    "Capability",
    "Length",
    "Mode",
    "Model",
    "Option",
    "Price",
    "ReferenceLimits",
    "amount_text",
    "auto_mode",
    "candidates",
    "dollars_text",
    "faults_in",
    "known_models",
    "mode_of",
    "price_of",
    "resolve",
    "usd",
]
