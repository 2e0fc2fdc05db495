"""Running a release, from the state that it reads to the receipts that it writes."""
