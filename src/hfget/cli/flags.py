"""The fields of `DownloadOptions` as flags of a command."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, get_type_hints

import typer

from hfget.cli.arguments import Said
from hfget.cli.command_options import CommonOptions, whole_number
from hfget.cli.help_text import NOTES
from hfget.cli.typer_parts import ClickUsageError
from hfget.errors import UsageError
from hfget.messages import advice
from hfget.messages import cli_texts as texts
from hfget.options import DEFAULTS, OPTIONS, DownloadOptions, Option

if TYPE_CHECKING:
    from hfget.events import Observer

_GIVEN = "given"
_CONTEXT = "context"


class Given(NamedTuple):
    """What was given of `DownloadOptions`, by field, and what is to be said about it."""

    values: dict[str, Any]
    notes: Sequence[Said] = ()
    context: Any = None

    def options(self, token_file: Path | None, observer: Observer) -> DownloadOptions:
        """The options with the token read. Raises UsageError."""
        from hfget.cli.token import given_token
        from hfget.events import Note

        for said in self.notes:
            observer(Note(*said))
        token = given_token(self.values.get("token"), token_file, observer)
        return DownloadOptions(**{**self.values, "token": token})


def given_in(words: Sequence[str], given: Given) -> tuple[dict[str, Any], dict[str, Any]]:
    """What words say that stand elsewhere, read as the command of `given` would: the options of
    a download by field, and the other parameters. Raises UsageError.
    """
    command = given.context.command
    try:
        context = command.make_context(given.context.info_name, list(words), given.context.parent)
    except ClickUsageError as error:
        raise UsageError(str(getattr(error, "message", error))) from error
    values = dict(context.params)
    return {name: _value_of(name, values) for name in OPTIONS}, values


def with_download_options(
    *, listing: bool = False, only: Collection[str] = ()
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Let typer see the flags of a download where a command has the parameter `given`, and those
    of `CommonOptions` where it has one of that type.

    With `listing` only those that concern listing, with `only` those of these fields.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        names = [
            name
            for name, option in OPTIONS.items()
            if (name in only if only else option.lists or not listing)
        ]

        def run(**values: Any) -> None:
            context = values.pop(_CONTEXT)
            given = {name: _value_of(name, values) for name in names}
            if common is not None:
                fields = {name: values.pop(name) for name in CommonOptions._fields}
                values[common] = CommonOptions(**fields)
            command(given=Given(given, context.meta.get(NOTES, ()), context), **values)

        common: str | None = None
        own = inspect.signature(command, eval_str=True)
        parameters = [_parameter(_CONTEXT, typer.Context, inspect.Parameter.empty)]
        for parameter in own.parameters.values():
            if parameter.name == _GIVEN:
                for name in names:
                    parameters += _parameters_of(name)
            elif parameter.annotation is CommonOptions:
                common = parameter.name
                kinds = get_type_hints(CommonOptions, include_extras=True)
                defaults = CommonOptions._field_defaults
                parameters += [_parameter(name, kinds[name], defaults[name]) for name in kinds]
            else:
                parameters.append(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY))
        run.__name__, run.__doc__ = command.__name__, command.__doc__
        run.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {}
        return run

    return decorate


def _parameters_of(name: str) -> list[inspect.Parameter]:
    option, default = OPTIONS[name], DEFAULTS[name]
    kind: Any = list[str] | None if default == () else str | None
    if isinstance(default, bool):
        kind, default = bool, False
    elif isinstance(default, int):
        kind = int
    given = None if default == () else default
    parameters = [_parameter(name, Annotated[kind, _typed(option, kind)], given)]
    for short in option.shorthands:
        flag = typer.Option(short.flag, help=short.help, rich_help_panel=option.group)
        parameters.append(_parameter(_shorthand(short.flag), Annotated[bool, flag], False))
    return parameters


def _typed(option: Option, kind: Any) -> Any:
    if option.positional:
        return typer.Argument(metavar=option.metavar, help=option.help)
    return typer.Option(
        *option.flags,
        metavar=option.metavar or None,
        parser=whole_number if kind is int else None,
        help=option.help,
        rich_help_panel=option.group,
    )


def _parameter(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
    )


def _shorthand(flag: str) -> str:
    return flag.lstrip("-").replace("-", "_")


def _value_of(name: str, values: dict[str, Any]) -> Any:
    """The value of a field, taken out of the `values` of a command's parameters.

    Raises UsageError where two flags name different ones.
    """
    option, default, value = OPTIONS[name], DEFAULTS[name], values.pop(name)
    if default is True:
        return not value
    if default == ():
        return tuple(value or ())
    if not option.shorthands:
        return value
    named = {option.check(value, option.flags[0])} if value is not None else set()
    named |= {short.value for short in option.shorthands if values.pop(_shorthand(short.flag))}
    if len(named) > 1:
        flags = [*option.flags, *(short.flag for short in option.shorthands)]
        raise UsageError(
            texts.CONTRADICT(flags=", ".join(flags[:-1]), last=flags[-1]),
            hint=advice.GIVE_ONE,
        )
    return named.pop() if named else default
