"""A run spread over the jobs of CI: its matrix, what its jobs hand in, and the files of workflows."""
