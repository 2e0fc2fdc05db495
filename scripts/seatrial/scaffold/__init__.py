"""New integration folders from the templates."""
