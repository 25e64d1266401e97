"""Storage: the selected frames with their labels and provenance, kept for good."""
