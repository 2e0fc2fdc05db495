"""Environments in which an integration's locked tools run: made once with uv, shared, checked, swept."""

from seatrial.environments.environment import Environment, Wanted
from seatrial.environments.own import own_python
from seatrial.environments.preparing import Environments

__all__ = ["Environment", "Environments", "Wanted", "own_python"]
