"""What is asked of a plant beyond one solve."""
