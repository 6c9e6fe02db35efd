"""Personal data in free text: found and replaced before anything else reads it.

Reading order: `redaction` (the two functions that others use), `plain` (text
without disguises), `numbers`, `phones`, `contacts`, `places`, `names` (what is
looked for).
"""

from analysis.privacy.redaction import KINDS, Redacted, redact, redact_series

__all__ = ["KINDS", "Redacted", "redact", "redact_series"]
