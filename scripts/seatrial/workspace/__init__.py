"""Finding and reading a repository of integrations."""
