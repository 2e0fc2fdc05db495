"""The menu: every task of Seatrial, for `invoke` in this checkout."""

import sys

# Invoke writes no bytecode unless told to, and then every run compiles all modules again.
sys.dont_write_bytecode = bool(sys.flags.dont_write_bytecode)

try:
    from seatrial.tasks.develop import ns
except ModuleNotFoundError as missing:
    from invoke import Exit

    raise Exit(
        f"seatrial: {missing.name} is not installed here; type `make setup`, then .venv/bin/invoke", 2
    ) from None

__all__ = ["ns"]
