"""Family RES."""
