"""Facts about an integration, read from its files and given meaning for the rules."""
