"""What `cli` says."""

from __future__ import annotations

from hfget.messages.template import Text

NEEDS_VALUE = Text("{name} requires an argument, and {other} is an option")
NOT_NEEDED = Text("{name} is not needed: {why}")
CALLED = Text("hfget calls it {flags}")
ALL_OPTIONS = Text("{instead} All options: {help}")
NO_SUCH_OPTION = Text("no such option: {name}")
SHELL_EXPANDED = Text(
    "the shell has put {names} in place of a pattern: using {flag} {quoted}; put quotes around it"
)
SHELL_MAYBE_EXPANDED = Text(
    "{here}: also here; if the shell has put that in place of a pattern, put quotes around "
    "it: {flag} '*{suffix}'"
)
PATTERNS_OF = Text(
    "patterns of {flag}: {patterns}; to fetch files by name, put them before the options"
)
NO_REPO_NAMED = Text("no repo is named")
WHICH_IS_REPO = Text("which of {can_be} is the repo?")
FILES_OR_PATTERNS = Text("{words} after {repo}: files to fetch, or patterns of {flag}?")
AND_MORE = Text(" and {more} more")
NOT_WHOLE = Text("{text!r} is not a whole number")
NOT_SECONDS = Text("{text!r} is not a number of seconds above 0")
SERVE_NEEDS = Text("`hfget serve` needs {module}, which is not installed")
PORT_RANGE = Text("--port must be from 0 to 65535, not {port}")
NOT_A_FOLDER = Text("{folder} is not a folder")
WARNING = Text("warning: {text}")
LISTENING = Text("listening on {url}")
HOST_NAME_ALONE = Text("--allow-host {name}: expected the name alone")
ORIGIN_FORM = Text("--allow-origin {origin}: expected SCHEME://HOST[:PORT]")
ALIAS_FORM = Text("--alias {pair}: expected OLD=NEW")
CANNOT_LISTEN = Text("cannot listen on {host} port {port}: {reason}")
SERVES_ALL = Text("warning: --all: hidden files, and those that only you may read, are served too")
NO_REPOS = Text("no repos in {root} yet; expected DIR/org/name or DIR/datasets/org/name")
LOOPBACK_ONLY = Text("reachable from this machine only; for others: --host 0.0.0.0")
USE_WITH = Text("use it with: export HF_ENDPOINT={url}")
NO_AUTHENTICATION = Text(
    "warning: no authentication: anyone who reaches this address can read these repos"
)
USE_ELSEWHERE = Text("on other machines: export HF_ENDPOINT={shown}")
RECORDS_READ_ONLY = Text("the records cannot be changed: what is damaged still counts as complete")
CHANGED_IS_REPLACED = Text("the next download replaces what has changed; move away what you edited")
DOWNLOAD_INTO = Text("{folder} is {what}. Download right into it?")
NOT_WRITTEN = Text("{folder} is {what}: nothing was written there")
CONTRADICT = Text("{flags} and {last} cannot be used together")
EXIT_CODES = Text(
    "Exit codes:\n"
    "   0  all there and verified        6  verification failed\n"
    "   1  unexpected error: a bug       7  disk full, failed or not writable\n"
    "   2  wrong use                     8  refused as unsafe\n"
    "   3  not found                     9  locked by another process (--no-wait)\n"
    "   4  not allowed                 130  interrupted by Ctrl-C; 143 by SIGTERM,\n"
    "   5  network, server, --max-time      129 by SIGHUP: run it again to go on\n"
)
COMMAND_FIRST = Text("{repo} is a command and comes before its options: hfget {repo} ...")
DID_YOU_MEAN_OPTION = Text("did you mean {possible}? All options: {help}")
RESUMES = Text("hfget always resumes")
TOKEN_IS_ENOUGH = Text("the token says who you are")
NO_LINKS = Text("files in the folder are never links")
NEVER_AGAIN = Text("complete files are never fetched again")
FOLLOWS_REDIRECTS = Text("hfget follows redirects")
NO_ALLOCATION = Text("hfget writes only bytes that have arrived")
VERIFIED = Text("every byte is verified")
BY_ITSELF = Text("hfget downloads without other programs")
OWN_CONNECTIONS = Text("hfget has connections of its own")
NO_XET = Text("hfget fetches over plain HTTP")
NAMES_KEPT = Text("files keep the names and folders of the repo")
WAITS = Text("hfget waits between tries, and when the server asks for it")
BOTH_FAMILIES = Text("hfget tries IPv6 and IPv4")
EXIT_CODE = Text("every failure has an exit code")
PROGRESS_SHOWN = Text("progress is shown")
NO_SUCH_TOOL = Text("no such option: {option} {name}")
UNEXPECTED = Text("unexpected {name}: {unexpected}")
ENDED_AT_ONCE = Text("stopped at once; what is on disk is kept")
TOKEN_AND_FILE = Text("--token and --token-file cannot be used together")
TOKEN_IN_PROCESS_LIST = Text(
    "--token shows the token in the process list; safer: HF_TOKEN, --token-file, --token -"
)
NO_STDIN = Text("--token -: cannot read from stdin, it is closed")
TOKEN_PROMPT = Text("token: ")
NO_TOKEN_FILE = Text("does not exist")
TOKEN_FILE = Text("the token file {path} {why}")
TOKEN_FILE_READABLE = Text("other users can read the token file: chmod 600 {name}")
NO_VERB = Text("hfget needs no verb: {first}")
NO_COMMAND = Text("hfget has no command {first}")
PROGRAM_NOT_REPO = Text("{arguments} is a program, not a repo")
USAGE = Text("Usage: ")
ARGUMENTS = Text("Arguments")
OPTIONS = Text("Options")
OUTPUT = Text("Output")
MISSING_ARGUMENT = Text("missing argument '{name}'")
NEEDS_ARGUMENT = Text("option '{option}' requires an argument")
TAKES_NO_VALUE = Text("option '{option}' does not take a value")
BAD_VALUE = Text("invalid value for '{name}': {why}")
TOO_MANY = Text("not understood: {arguments}")
MAX_SIZE_ALONE = Text("--max-size is about what --upstream fetches")
