"""Batches without chemistry: roots, Newton, cascades."""
