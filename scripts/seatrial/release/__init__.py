"""Releases: deciding, building, publishing and attesting new versions of integrations."""
