"""blackmass: a simulator of battery recycling plants."""

__version__ = "0.1.0"
