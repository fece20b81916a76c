"""`python -m hfget`."""

from hfget.cli.start import main

main()
