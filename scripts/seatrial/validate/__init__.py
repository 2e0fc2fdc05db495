"""Judging integrations by the rules."""
