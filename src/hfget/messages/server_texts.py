"""What `server` says."""

from __future__ import annotations

from hfget.messages.template import Text

STILL_HASHING = Text("{folder} is still being hashed")
OTHER_NAME = Text("this server is not called {name}; to allow it: hfget serve --allow-host NAME")
NO_GIT = Text("git is not served here: use `hfget REPO` or `hf download REPO`")
READ_ONLY = Text("this server is read-only")
NOT_SERVED_AS = Text("{folder} is not served as {repo_id}: {why}")
ALREADY_SERVED = Text("{folder} is not served: {taken} is {repo_id} at {revision} already")
OF_HUGGINGFACE_HUB = Text("{root} belongs to huggingface_hub: only its cache is served")
ONE_PART = Text("{path} is one part of several, which ollama cannot pull")
NO_DIGEST = Text("no file here has this digest")
NO_TAG = Text("no GGUF file is tagged {tag}; there are: {known}")
NOT_A_REPO_ID = Text("not a valid repo ID")
RESERVED_ID = Text("the id is a word of the Hub's own paths")
NO_DESCRIPTOR = Text("the server has too many files open")
SHUTTING_DOWN = Text("the server is shutting down")
UNREADABLE = Text("{name} cannot be read now")
CANNOT_LIST = Text("{repo} at {revision} cannot be listed: {error}")
INCOMPLETE = Text(
    "{repo} at {revision} is incomplete: {missing} files of commit {commit} are missing; "
    "only the others are served"
)
WITHHELD = Text(
    "{repo} at {revision}: {withheld} files are not served (hidden, or not readable by "
    "all); to serve them too: --all"
)
ASKS_ITS_TOKEN = Text("this mirror asks for a token of its own: set HF_TOKEN to it")
TOKENS_UNREADABLE = Text("cannot read the tokens in {file}: {reason}")
SHORT_TOKEN = Text("a token of fewer than {fewest} characters can be guessed")
FILE_WITHOUT_TOKEN = Text("{file} contains no token")
SENT_UNVERIFIED = Text("what was sent turned out to be wrong")
REST_MISSING = Text("the rest does not come")
NO_BYTE_YET = Text("no byte has come yet")
PAGE_NAME = Text("hfget on {host}")
PAGE_USE = Text("Use it")
PAGE_FOOT = Text("hfget {version}; this page reloads every {seconds} seconds")
PAGE_LOCAL = Text("Serves what is on this machine, and nothing else.")
PAGE_DOWN = Text(
    "{upstreams} cannot be reached now: what is here is served, branches as they were."
)
PAGE_MIRROR = Text("A mirror of {upstreams}: what is missing here comes from there.")
PAGE_TOKEN = Text("a token of this server")
PAGE_OR = Text("or: {command}")
PAGE_FETCHED = Text("Being fetched")
PAGE_NOTHING = Text("Nothing just now.")
PAGE_STARTING = Text("starting")
PAGE_VERIFYING = Text("verifying")
PAGE_OF = Text("{done} of {size}")
PAGE_HELD = Text("Held here")
PAGE_SUM = Text("{repos}, {size}")
PAGE_FROM_UPSTREAM = Text("{sum}; {size} of that fetched from upstream")
PAGE_LIMITED = Text("{sum}, at most {size}")
PAGE_HASHED = Text("being hashed")
PAGE_CLIENTS = Text("Clients")
PAGE_UNKNOWN = Text("unknown")
PAGE_MORE = Text("and {more} more")
HEAD_FILE = Text("File")
HEAD_PROGRESS = Text("Progress")
HEAD_HERE = Text("Here")
HEAD_SPEED = Text("Speed")
HEAD_LEFT = Text("Left")
HEAD_WAITING = Text("Waiting")
HEAD_REPO = Text("Repo")
HEAD_REVISIONS = Text("Revisions")
HEAD_FILES = Text("Files")
HEAD_SIZE = Text("Size")
HEAD_ADDRESS = Text("Address")
HEAD_CONNECTIONS = Text("Connections")
