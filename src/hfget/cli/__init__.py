"""The command line: a file for each command, and how the words that were typed are read.

A *flag* is a field of `DownloadOptions` as typer sees it; a *session* is what all commands share:
display, signals, exit code. The door is `start`, which the console script calls.
"""

__all__ = ["start"]
