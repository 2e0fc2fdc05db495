"""The lint tools, one module a tool."""
