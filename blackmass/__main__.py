"""Run as `python -m blackmass`."""

from blackmass.cli.main import main

main()
