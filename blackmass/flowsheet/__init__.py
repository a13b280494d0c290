"""The plant: built, torn, solved, and what comes of it."""
