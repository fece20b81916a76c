"""Options that several commands share. Short helps; the docs say the rest."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hfget.errors import UsageError
from hfget.model import RepoType

Repo = Annotated[
    str, typer.Argument(help="org/name, a legacy name, datasets/org/name, hf://… or a URL.")
]
Files = Annotated[
    list[str] | None, typer.Argument(help="Only these files or folders.", show_default=False)
]
Include = Annotated[
    list[str] | None,
    typer.Option("--include", metavar="GLOB", help="Only what matches; repeatable."),
]
Exclude = Annotated[
    list[str] | None,
    typer.Option("--exclude", metavar="GLOB", help="Not what matches; repeatable."),
]
Revision = Annotated[
    str | None, typer.Option("--revision", metavar="REV", help="Branch, tag or commit.")
]
Kind = Annotated[
    str | None, typer.Option("--repo-type", metavar="TYPE", help="model, dataset or space.")
]
Dataset = Annotated[bool, typer.Option("--dataset", help="The same as --repo-type dataset.")]
Space = Annotated[bool, typer.Option("--space", help="The same as --repo-type space.")]
Endpoint = Annotated[
    str | None,
    typer.Option("--endpoint", metavar="URL", help="The hub or mirror (else HF_ENDPOINT)."),
]
Token = Annotated[
    str | None,
    typer.Option(
        "--token", "--hf-token", metavar="TOKEN", help="For this endpoint (HF_TOKEN is safer)."
    ),
]
NoToken = Annotated[bool, typer.Option("--no-token", help="Send no stored token either.")]
EnvFile = Annotated[
    Path | None, typer.Option("--env-file", metavar="FILE", help="Read settings from this file.")
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line on stdout.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Only errors.")]
Debug = Annotated[bool, typer.Option("--debug", help="Tracebacks and what is retried and why.")]


def repo_type_of(kind: str | None, dataset: bool, space: bool) -> RepoType | None:
    """The repo type that the three options name together. Raises UsageError if they disagree."""
    named: set[RepoType] = set()
    if kind is not None:
        singular = kind.strip().lower().removesuffix("s")
        if singular == "model":
            named.add("model")
        elif singular == "dataset":
            named.add("dataset")
        elif singular == "space":
            named.add("space")
        else:
            raise UsageError(
                f"--repo-type {kind[:40]!r} is none of model, dataset, space",
                hint="for instance: --repo-type dataset",
            )
    if dataset:
        named.add("dataset")
    if space:
        named.add("space")
    if len(named) > 1:
        raise UsageError("--repo-type, --dataset and --space contradict each other")
    return named.pop() if named else None
