"""What `selection` says."""

from __future__ import annotations

from hfget.messages.template import Text

EXCLUDE_LEAVES_NOTHING = Text("--exclude leaves none of the files")
FILE_OR_FOLDER = Text("file or folder")
NO_SUCH_ENTRY = Text("the repo has no {what} {path}")
EMPTY_PATTERN = Text("a pattern is empty")
PATTERN_TOO_LONG = Text("a pattern of {characters} characters: {pattern}")
PATTERN_LIMIT = Text("a pattern may have {most}")
PATTERN_TOO_SLOW = Text("a pattern with {wildcards} wildcards on {files} files: {pattern}")
NOT_A_PATTERN = Text("{pattern} is not a pattern: {error}")
NAME_EXACT_FILE = Text(
    "to take the file of exactly that name, put it after the repo, without --include"
)
NO_MATCH = Text("no file matches {wanted}")
DID_YOU_MEAN_HELD = Text("did you mean {held}? {pattern} matches {matches}")
EXCLUDE_MATCHES_NOTHING = Text("--exclude {pattern} matches no file")
EXCLUDE_LEAVES_OUT = Text("{text}; --exclude {written} leaves {found} out")
EXCLUDE_MAYBE = Text("{text}; did you mean {near}?")
VARIANTS_LEFT_OUT = Text(
    "left out: {variants}, the same weights in another precision or layout; --all-variants "
    "brings them"
)
UNLOADED_LEFT_OUT = Text(
    "left out: {files}, beside the folders that a pipeline loads; --all-variants brings them"
)
NAMESAKES_LEFT_OUT = Text(
    "left out: {namesakes}, with more words before {quants}; --all-variants brings it too"
)
UNLABELLED_LEFT_OUT = Text(
    "left out: {files}, another model, of which there is no {quants}; --quant {more} brings it too"
)
NOT_IN_PRECISION = Text("not there as {wanted}, so they come as they are: {only}")
RISKY_LEFT_OUT = Text("{risky} of the repo can run code when loaded: left out by --safe-only")
NO_WEIGHTS_REMAIN = Text("; no weights remain")
RISKY = Text("{found} can run code when loaded")
RISKY_ALONE = Text("{line}; no safetensors file has the same weights")
RISKY_SOME = Text("{line}; --weights safetensors leaves {some} of them out")
RISKY_ALL = Text("{line}; --weights safetensors avoids that")
SEVERAL_PRECISIONS = Text(
    "{kind} comes in {variants} precisions, and a program loads one; --quant {one} fetches one"
)
NAMES_MORE = Text("{names} and {more} more ({size})")
SAFE_ONLY_LEAVES_NOTHING = Text(
    "--safe-only leaves none of the files: each of them can run code when loaded"
)
NO_GGUF = Text("{who} no GGUF files")
NO_QUANT = Text("{who} no GGUF file {quant}")
NO_PRECISION = Text("{who} no {word} among these weights")
THERE_ARE = Text("there are {sizes}")
NO_WEIGHTS = Text("{who} no weights")
NO_KNOWN_WEIGHTS = Text(
    "{who} no weights of a kind that names tell; the largest file is {path} ({size})"
)
NO_WEIGHTS_OF_KIND = Text("{who} no {missing} weights")
THERE_ARE_NONE = Text("there are no weights")
FOR_THESE = Text("; for these: --weights {kind} --quant {quants}")
AS_FILE = Text(", as {models}")
NAMES_WITHOUT_QUANT = Text("their names tell no quantisation: {by_name}")
OR_BY_NAME = Text("; or {by_name}")
REVISION_IS_NAMED = Text("; a revision is given as org/name@REV or with --revision")
CHOSEN_FILES_HOLD = Text("the files chosen by name or pattern contain")
REPO_HAS = Text("the repo has")
AND_MORE_SIZES = Text(" and {more} more")
THERE_ARE_ALSO = Text("there also are {sizes}")
