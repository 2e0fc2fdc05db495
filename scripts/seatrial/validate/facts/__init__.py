"""What rules talk about: the files of an integration, read once and given meaning. See `subjects.Subjects`."""
