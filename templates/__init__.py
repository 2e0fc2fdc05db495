"""What gets generated: an integration folder, a repository's own files."""
