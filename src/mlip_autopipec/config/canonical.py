"""A stable text of config content: what cache keys are made of."""

import hashlib
import json
from typing import Any


def canonical_json(content: Any) -> str:  # noqa: ANN401 - any JSON-ready data
    """Write JSON-ready data as one line with sorted keys; equal content gives equal text.

    Raises:
        ValueError: The content holds NaN or an infinity.
    """
    return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)


def content_key(*parts: Any) -> str:  # noqa: ANN401 - any JSON-ready data
    """Return the SHA-256 (hexadecimal) of several pieces of JSON-ready data."""
    return hashlib.sha256(canonical_json(list(parts)).encode()).hexdigest()
