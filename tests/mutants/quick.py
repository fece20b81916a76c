"""A pytest plugin: the same examples of hypothesis in each run, and a failure is not shrunk."""

from __future__ import annotations

from hypothesis import Phase, settings

settings.register_profile(
    "mutants", derandomize=True, database=None, phases=(Phase.explicit, Phase.generate)
)
settings.load_profile("mutants")
