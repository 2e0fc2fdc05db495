"""Wrong usage, wrong configuration, failing tools: everything that ends a run early.

A fault in an integration is never an exception; it is a `Finding`. Each class
carries the exit status its run ends with.
"""

EXIT_FINDINGS = 1
EXIT_USAGE = 2
EXIT_SERVICE = 3
EXIT_INTERRUPTED = 130


class SeatrialError(Exception):
    """Something the user can act on: one line that says what, where, and what to type next."""

    exit_code = EXIT_USAGE


class UsageError(SeatrialError):
    """An argument, a name or a place that does not fit."""


class ConfigurationError(SeatrialError):
    """A `seatrial.toml` that cannot be read or says something unknown."""


class ServiceError(SeatrialError):
    """A program, a service or the machine failed."""

    exit_code = EXIT_SERVICE


class Unreadable(Exception):
    """A file cannot be read; the text says why, for a finding."""


def reason(failed: Exception) -> str:
    """Return why an operation failed, in lower case: the system's words for an OSError, else the error's own."""
    return (getattr(failed, "strerror", None) or str(failed) or type(failed).__name__).lower()
