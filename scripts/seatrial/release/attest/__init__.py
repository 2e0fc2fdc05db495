"""What is attached to an image: its bill of materials and its provenance, signed."""
