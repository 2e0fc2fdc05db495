"""The Pythons of this machine: found where people keep them, tried once, remembered; and the choice among them."""

from seatrial.interpreters.choosing import choose
from seatrial.interpreters.finding import CHOICE, interpreters
from seatrial.interpreters.interpreter import Interpreter

__all__ = ["CHOICE", "Interpreter", "choose", "interpreters"]
