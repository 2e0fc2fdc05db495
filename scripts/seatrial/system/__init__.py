"""Access to the machine: one external facility a module."""
