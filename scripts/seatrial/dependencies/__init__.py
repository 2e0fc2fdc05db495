"""What a pyproject and its poetry.lock ask for. Values in, values out."""
