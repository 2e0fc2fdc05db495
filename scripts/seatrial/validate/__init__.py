"""The rules, the facts they read, and running them over integrations."""
