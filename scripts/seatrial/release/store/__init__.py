"""Stores of specs and the index: a bucket, or a folder; each with compare-and-swap."""
