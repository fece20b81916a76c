"""`python -m hfget`."""

from hfget.cli.main import main

main()
