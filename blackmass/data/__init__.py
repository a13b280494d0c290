"""Tables with a source on each row."""
