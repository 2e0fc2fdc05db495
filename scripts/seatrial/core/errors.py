"""The exceptions that end a run: wrong usage, wrong configuration, failing tools.

A fault in an integration is a `Finding`, never an exception. Each class carries the exit status of the run.
"""

EXIT_FINDINGS = 1
EXIT_USAGE = 2
EXIT_SERVICE = 3
EXIT_INTERRUPTED = 130


class SeatrialError(Exception):
    """An error that the user can act on: one line with the fault, its place, and what to type next."""

    exit_code = EXIT_USAGE


class UsageError(SeatrialError):
    """A wrong argument, name or path."""


class ConfigurationError(SeatrialError):
    """A `seatrial.toml` that cannot be read or has an unknown value."""


class ServiceError(SeatrialError):
    """A program, a service or the machine failed."""

    exit_code = EXIT_SERVICE


class Unreadable(Exception):
    """A file cannot be read; the text says why, for a finding."""


def reason(failed: Exception) -> str:
    """Return why an operation failed, in lower case: the system's words for an OSError, else the error's own."""
    return (getattr(failed, "strerror", None) or str(failed) or type(failed).__name__).lower()
