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
VALUES_OF = Text("values of {flag}: {values}; to fetch files by name, put them before the options")
FILES_OR_PATTERNS = Text("{words} after {repo}: files to fetch, or patterns of {flag}?")
AND_MORE = Text(" and {more} more")
NOT_WHOLE = Text("{text!r} is not a whole number")
NOT_SECONDS = Text("{text!r} is not a time such as 1h30m, 20m or 90 (seconds)")
NOT_A_SIZE = Text("{text!r} is not a size such as 500G")
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
EXIT_CODES = Text("Exit codes:")
EXIT_VERIFIED = Text("all there and verified")
EXIT_LISTED = Text("listed")
EXIT_DONE = Text("done")
EXIT_ONE_WORKS = Text("one works")
EXIT_SERVED = Text("ended by a signal")
EXIT_SHOWN = Text("shown")
EXIT_BUG = Text("unexpected error: a bug")
EXIT_USE = Text("wrong use")
EXIT_NOT_FOUND = Text("not found")
EXIT_NOT_ALLOWED = Text("not allowed")
EXIT_NETWORK = Text("network or server")
EXIT_WRONG_BYTES = Text("verification failed")
EXIT_DISK = Text("disk full, failed or not writable")
EXIT_UNSAFE = Text("refused as unsafe")
EXIT_LOCKED = Text("locked (--no-wait)")
EXIT_MAX_TIME = Text("--max-time is over")
EXIT_SIGHUP = Text("ended by SIGHUP")
EXIT_CTRL_C = Text("ended by Ctrl-C")
EXIT_SIGTERM = Text("ended by SIGTERM")
SHORT_HELP = Text(
    "hfget downloads models and datasets from the Hugging Face Hub or a mirror.\n"
    "Every byte is verified; the same command resumes after an interruption.\n"
    "\n"
    "  hfget gpt2                                 all of a model, into ./gpt2\n"
    "  hfget org/name --weights safetensors       one kind of weights\n"
    "  hfget org/name:Q4_K_M                      one GGUF quantisation\n"
    "  hfget datasets/org/name --include '*.csv'  a part of a dataset\n"
    "  hfget org/name --cache                     where transformers looks for it\n"
    "\n"
    "Also: hfget ls REPO, urls REPO, list, verify DIR, prune, mirrors, serve DIR.\n"
    "What one of them does: hfget ls --help\n"
    "\n"
    "The usual options: hfget --help; all of them: hfget --help-all.\n"
    "Topics: hfget help mirrors (weights, resume, token, ci, cluster).\n"
    "Completion for your shell: hfget --install-completion\n"
)
HELP_EXAMPLES = Text(
    "\n"
    "Examples:\n"
    "  hfget gpt2                                all of a model, into ./gpt2\n"
    "  hfget org/name --weights safetensors      one kind of weights\n"
    "  hfget org/name --endpoint hf-mirror       from a mirror\n"
    "\n"
    "Completion for your shell: hfget --install-completion\n"
)
HELP_ALL = Text("All options: hfget --help-all\n")
HELP_TOPICS = Text(
    "Topics: hfget help TOPIC (tutorial, mirrors, weights, gguf, resume, token,\n"
    "  gated, offline, proxy, docker, ci, cluster, errors)\n"
)
TOPIC_IS_COMMAND = Text("{name} is a command")
NO_TOPIC = Text("no such topic: {name}")
NO_PAGE = Text("the page {name} is not installed")
PAGE = Text("{name}.md")
NOT_AN_AGE = Text("{text!r} is not an age: 30m, 12h, 7d, 2w, or 0 for any")
COMMAND_FIRST = Text("{repo} is a command and comes before its options: hfget {repo} ...")
DID_YOU_MEAN_OPTION = Text("did you mean {possible}? All options: {help}")
RESUMES = Text("hfget always resumes")
TOKEN_IS_ENOUGH = Text("the token says who you are")
NO_LINKS = Text("files in the folder are never links")
NEVER_AGAIN = Text("complete files are never fetched again")
FOLLOWS_REDIRECTS = Text("hfget follows redirects")
NO_ALLOCATION = Text("hfget writes only bytes that have arrived")
VERIFIED = Text("every byte is verified")
OWN_CONNECTIONS = Text("hfget has connections of its own")
NO_XET = Text("hfget fetches over plain HTTP")
NAMES_KEPT = Text("files keep the names and folders of the repo")
WAITS = Text("hfget waits between tries, and when the server asks for it")
BOTH_FAMILIES = Text("hfget tries IPv6 and IPv4")
EXIT_CODE = Text("every failure has an exit code")
PROGRESS_SHOWN = Text("progress is shown")
UNEXPECTED = Text("unexpected {name}: {unexpected}")
NO_MEMORY = Text("the system has no memory left for this process")
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
SECTION = Text("{name}:")
MISSING_ARGUMENT = Text("missing argument '{name}'")
NEEDS_ARGUMENT = Text("option '{option}' requires an argument")
TAKES_NO_VALUE = Text("option '{option}' does not take a value")
BAD_VALUE = Text("invalid value for '{name}': {why}")
TOO_MANY = Text("not understood: {arguments}")
MAX_SIZE_ALONE = Text("--max-size is about what --upstream fetches")
EMPTY_LIST = Text("{path} names no repo")
REPO_AND_FILE = Text("{repo} is a repo, {file} a file")
NOT_ABOUT_A_REPO = Text("--help and --version ask for no repo")
LINE_OF = Text("{path} line {number}")
ABOUT_ALL_REPOS = Text("{flag} is about all repos of the list")
LIST_UNREADABLE = Text("cannot read the list {path}: {why}")
LIST_TOO_LONG = Text("{path} is too long for a list")
MOVED_ON = Text("{path}: {moved} of {of} repos have moved on")
UPDATE_KEEPS = Text("--update keeps what each repo was locked with, {flag} changes it")
THE_PATH = Text("the path")
NO_HUB_CACHE = Text("this machine has no Hub cache")
FOLDER_NOT_MADE = Text("{folder} cannot be made: {reason}")
FILLED_WITH_TOKEN = Text("{folder} was filled with a token: gated and private repos may be in it")
FOLDER_NOT_WRITABLE = Text("{folder} cannot be written to: {reason}")
CERT_WITHOUT_KEY = Text("--tls-cert and --tls-key belong together")
NO_CERTIFICATE = Text("no certificate with its key in {cert} and {key}: {reason}")
UPSTREAM_IS_SELF = Text("--upstream {endpoint} is this very server")
MIRRORS = Text("what is missing is fetched from {endpoints} and kept in {root}")
CLIENTS_SHOW_TOKEN = Text("clients show a token of this server: export HF_TOKEN=...")
TOKENS_IN_THE_CLEAR = Text(
    "warning: tokens come in the clear: --tls-cert and --tls-key encrypt them"
)
HEAD_REPO = Text("REPO")
HEAD_REVISION = Text("REVISION")
HEAD_SIZE = Text("SIZE")
HEAD_WHEN = Text("WHEN")
HEAD_STATE = Text("STATE")
HEAD_WHERE = Text("WHERE")
HEAD_WHAT = Text("WHAT")
HEAD_AGE = Text("AGE")
HEAD_ENDPOINT = Text("ENDPOINT")
HEAD_LISTING = Text("LISTING")
HEAD_FILES_FROM = Text("FILES FROM")
HEAD_PARTS = Text("PARTS")
HEAD_SPEED = Text("SPEED")
YES = Text("yes")
NO = Text("no")
FAILS = Text("fails")
ENDPOINT_DETAILS = Text("  {host}: {about}")
BY_ANOTHER_PROGRAM = Text("(by another program)")
CLOSED = Text("{folder} cannot be looked into")
MORE_CLOSED = Text("{folder} and {more} more cannot be looked into")
DOWNLOADS = Text("{downloads}, {size}")
DOWNLOADS_INCOMPLETE = Text("{downloads}, {size}; {incomplete} not complete")
NO_DOWNLOADS = Text("no downloads here")
FETCH_MISSING = Text("to fetch what is missing:")
DOWNLOAD_COMPLETE = Text("complete")
FILES_MISSING = Text("files missing")
FILES_MODIFIED = Text("{files} modified")
LOOK_AT_MODIFIED = Text("to see whether what was written to since is still right:")
MISSING = Text("{files} missing, {size}")
KNOWN = Text("known to hfget")
NO_PARTIALS = Text("nothing to remove: no partial file is old enough and unused (--older-than AGE)")
REMOVE_PARTIALS = Text("Remove {partials}?")
NOTHING_REMOVED = Text("nothing was removed")
PARTIALS = Text("{partials}, {size}")
REMOVED = Text("{partials} removed, {size}")
REMOVED_BUT = Text("{partials} removed, {size}; {skipped} left, which a process has taken over")
ASKING_ENDPOINTS = Text("asking all endpoints side by side, which takes some seconds")
NOT_REACHED = Text("not reached")
MORE_ADDRESSES = Text("{more} more")
BY_PROXY = Text("by the proxy {proxy}")
CERTIFICATE_BY = Text("certificate by {issuer}")
AT_COMMIT = Text("commit {commit}")
CLOCK = Text("clock {ahead:+.0f} s")
NO_ENDPOINT = Text("No endpoint works from here for {ref}.")
USE_ENDPOINT = Text("Use {host}. For your shell profile:")
USE_DEFAULT = Text("Use {host}, which is the default: there is nothing to set.")
USE_SEVERAL = Text("For more than one at once:")
PICK_NEEDS_TERMINAL = Text("--pick asks on a terminal, and there is none")
NOTHING_TO_PICK = Text("there is only one kind of weights: nothing to choose")
WHICH_WEIGHTS = Text("Which weights of {ref}?")
ALL_OF_IT = Text("all of them")
NOTHING_PICKED = Text("nothing was chosen")
WHAT_TO_LIST = Text("What to list")
WHAT_TO_LOCK = Text("What to lock")
WHERE_FROM = Text("Where from")
