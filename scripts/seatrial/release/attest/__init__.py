"""The attestations of an image: bill of materials and provenance, which may be signed."""
