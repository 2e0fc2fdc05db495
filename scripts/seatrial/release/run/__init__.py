"""A release from reading what there is to the receipts."""
