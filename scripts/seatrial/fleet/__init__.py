"""Work on many integrations: choosing them by what they are, and one change or command over all of them."""
