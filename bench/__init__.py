"""How fast hfget is beside other downloaders, measured in one run on one machine.

`python -m bench` measures, compares with the bars, and writes a table, a plot and the raw
results; `--quick` takes minutes, `--only W1,W3` chooses workloads, `--report FILE.json` writes
table and plot again. `python -m bench.profile` shows where the time of hfget goes.

nginx stands for the hub and its CDN, on loopback or behind a long link (namespaces, as root).
What is not installed is skipped, and said; `--install` gets it from Debian's packages.
"""
