"""Examples of what the REST API answers, one for each operation."""

from __future__ import annotations

from typing import Any

EXAMPLES: dict[str, Any] = {}
