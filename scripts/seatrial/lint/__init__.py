"""The lint tools, the environments they need, and running them over integrations."""
