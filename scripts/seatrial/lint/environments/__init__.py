"""Environments in which an integration's locked tools run: made once with uv, shared, checked, swept."""

from seatrial.lint.environments.environment import Environment, EnvironmentRequest
from seatrial.lint.environments.pool import Environments
from seatrial.lint.environments.venv import own_python

__all__ = ["Environment", "EnvironmentRequest", "Environments", "own_python"]
