"""The rules in words: pages, examples, pictures."""
