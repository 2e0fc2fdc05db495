"""The menu: every task of Seatrial, for `invoke` in this checkout."""

try:
    from seatrial.tasks.develop import ns
except ModuleNotFoundError as missing:
    from invoke import Exit

    raise Exit(
        f"seatrial: {missing.name} is not installed here; type `make setup`, then .venv/bin/invoke", 2
    ) from None

__all__ = ["ns"]
