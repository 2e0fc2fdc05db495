"""One wording for what an operating system, or a library, gives as the cause of a failure."""

from __future__ import annotations

import errno

import pytest

from seatrial.core.errors import reason


@pytest.mark.parametrize(
    ("failed", "words"),
    [
        (OSError(errno.EACCES, "Permission denied"), "permission denied"),
        (OSError("Broken"), "broken"),
        (ValueError("embedded null byte"), "embedded null byte"),
        (BrokenPipeError(), "brokenpipeerror"),
    ],
)
def test_the_reason_of_a_failure_is_in_lower_case(failed: Exception, words: str) -> None:
    assert reason(failed) == words
