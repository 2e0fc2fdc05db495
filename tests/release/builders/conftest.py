"""The fixtures of real builds."""

from support.builders_real import builder, daemon, order, storage

__all__ = ["builder", "daemon", "order", "storage"]
