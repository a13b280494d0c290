"""What an engineer hands in: diagrams, stream tables and plots of a solved plant."""
