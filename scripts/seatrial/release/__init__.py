"""What a release is and what it takes: decisions only, no disk, no network, no git."""
