"""Family PKG."""
