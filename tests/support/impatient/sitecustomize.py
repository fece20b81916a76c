"""Found as Python starts, where PYTHONPATH names this folder: waits between tries are short."""

from hfget import limits

limits.FIRST_WAIT = 0.02
limits.LONGEST_WAIT = 0.2
