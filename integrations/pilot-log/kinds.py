from enum import StrEnum


class Kind(StrEnum):
    VOYAGE = "voyage"
    LOG_ENTRY = "log-entry"
