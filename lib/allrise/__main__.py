"""``python -m allrise`` is the command line."""

from allrise.cli import main

main()
