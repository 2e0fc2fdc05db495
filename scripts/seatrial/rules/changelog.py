"""Family CHG."""
