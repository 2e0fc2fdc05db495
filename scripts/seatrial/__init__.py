"""Seatrial: takes a Port Ocean integration folder from scaffold to published."""

__version__ = "0.1.0"
