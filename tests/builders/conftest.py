"""The fixtures of real builds."""

from builders_real import builder, order, storage

__all__ = ["builder", "order", "storage"]
