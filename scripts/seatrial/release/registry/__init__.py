"""Registries of images: a service that speaks the OCI distribution API, or a folder in OCI layout."""
