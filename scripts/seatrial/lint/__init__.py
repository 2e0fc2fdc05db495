"""What the lint tools are, what they need, and what they say. Values in, values out."""
