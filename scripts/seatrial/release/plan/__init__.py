"""Deciding what a release does: values in, values out."""
