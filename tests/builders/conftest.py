"""The fixtures of real builds."""

from builders_real import builder, daemon, order, storage

__all__ = ["builder", "daemon", "order", "storage"]
