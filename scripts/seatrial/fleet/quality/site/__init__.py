"""The site of a fleet: static pages that ask for nothing from elsewhere."""
