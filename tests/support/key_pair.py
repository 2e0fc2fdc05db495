"""A pair of keys in files, to sign provenance with."""

from __future__ import annotations

from pathlib import Path


def key_in(folder: Path) -> Path:
    """Return the file of a new private key in PEM; the public one is beside it, as `key.pub`."""
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    private = Ed25519PrivateKey.generate()
    place = folder / "key.pem"
    pem = form.Encoding.PEM
    place.write_bytes(private.private_bytes(pem, form.PrivateFormat.PKCS8, form.NoEncryption()))
    public = private.public_key().public_bytes(pem, form.PublicFormat.SubjectPublicKeyInfo)
    place.with_suffix(".pub").write_bytes(public)
    return place
