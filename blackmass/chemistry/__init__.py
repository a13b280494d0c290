"""Models without a plant."""
