"""The receipts of published versions in the store."""

from __future__ import annotations

from seatrial.release.plan import store_keys
from seatrial.release.plan.plan_files import Receipt, receipt_of_json
from seatrial.release.plan.ports import Store


def receipt_in(store: Store, type: str, version: str) -> Receipt | None:
    """Return the store's receipt of a version; None where it has none.

    Raises UsageError for one that cannot be read, ServiceError where the store fails.
    """
    key = store_keys.receipt(type, version)
    stored = store.get(key)
    return receipt_of_json(stored.data, key) if stored else None
