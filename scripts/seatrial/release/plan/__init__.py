"""Deciding what a release does. Values in, values out."""
