"""What each kind of error means, and what to do: for docs/errors.md and `hfget help KIND`.

Two texts for each `kind` of `errors.py`: `NOT_FOUND`, what it is and why it comes, and
`NOT_FOUND_NEXT`, what to do.
"""

from __future__ import annotations

from hfget.messages.template import Text

UNEXPECTED = Text("Something happened that hfget does not expect: a bug, in most cases.")
UNEXPECTED_NEXT = Text(
    "Run the command again with `--debug` and report it with that output. Tokens are replaced in "
    "it."
)
USAGE = Text(
    "The command line, the environment, a list or a lock file does not make sense: an option that "
    "does not exist, two that exclude each other, a reference that is not one, a pattern that "
    "matches nothing, a folder that belongs to something else. Nothing was downloaded."
)
USAGE_NEXT = Text(
    "The message names the nearest form that works. `hfget --help-all` lists all options."
)
NOT_FOUND = Text("What is asked for is not there, and the endpoint does not say which part of it.")
NOT_FOUND_NEXT = Text(
    "Check the spelling, `--dataset` and `--revision`; a mirror may not have everything: try the "
    "Hub with `--endpoint official`."
)
REPO_NOT_FOUND = Text(
    "The endpoint has no such repo. The name may be misspelt, the repo may be a dataset or a "
    "space, or private: the Hub does not tell these apart without a token. A mirror may not have "
    "it yet."
)
REPO_NOT_FOUND_NEXT = Text(
    "Check the spelling on the web page of the repo; add `--dataset` for a dataset; give a token "
    "(`HF_TOKEN`) for a private repo; try another endpoint with `--endpoint URL`."
)
REVISION_NOT_FOUND = Text(
    "The repo is there, the branch, tag or commit is not. A mirror may be behind."
)
REVISION_NOT_FOUND_NEXT = Text(
    "Look at the branches and tags on the web page of the repo; leave `--revision` out for the "
    "default branch; for a commit give all 40 digits."
)
ENTRY_NOT_FOUND = Text(
    "The revision is there, the file or folder is not; or the endpoint lists the file and does "
    "not send it, since its servers are not in step."
)
ENTRY_NOT_FOUND_NEXT = Text(
    "`hfget ls REPO` lists the files there are. If the file is listed, try again later or use "
    "another endpoint: `--endpoint URL`."
)
NOT_ALLOWED = Text(
    "The endpoint refuses: the repo is private or disabled, a token is missing, the token has no "
    "right to read it, or a proxy does not let the request through."
)
NOT_ALLOWED_NEXT = Text(
    "Log in (`hf auth login`) or set `HF_TOKEN`. A token that is there goes to a mirror only if "
    "you say so: `--send-token-to HOST`."
)
GATED = Text(
    "The author of the repo wants people to accept a licence or to ask for access, and this "
    "account has not been let in."
)
GATED_NEXT = Text(
    "Open the page of the repo in a browser, accept or ask, then give a token of the same "
    "account: `HF_TOKEN`, or `hf auth login`."
)
INVALID_TOKEN = Text(
    "A token was sent, and the endpoint does not accept it: it is misspelt, has expired, was "
    "revoked, or belongs to another hub."
)
INVALID_TOKEN_NEXT = Text(
    "Make another one in the settings of your account, or go without: `--no-token`."
)
NETWORK = Text(
    "No answer came that could be used, after all retries: the host is not found or refuses, the "
    "connection breaks or is silent, the server is in trouble, a certificate cannot be verified. "
    "What was fetched is kept."
)
NETWORK_NEXT = Text(
    "Run the same command again: it resumes. `hfget mirrors` shows which endpoints work from here "
    "and why others do not; `--endpoint URL` uses another one. Behind a proxy set `HTTPS_PROXY`."
)
DATA_HOST = Text(
    "The endpoint answers, but leads to another host for the content, and that one cannot be "
    "reached or refuses. Some mirrors do not carry the data themselves."
)
DATA_HOST_NEXT = Text(
    "Use another endpoint, or name a host that has the same content: "
    "`--rewrite-host HOST=OTHER_HOST`."
)
INCOMPLETE_LISTING = Text(
    "The endpoint's list of files is cut, or cannot be shown to be whole. Nothing is fetched, "
    "since files would be missing without a trace."
)
INCOMPLETE_LISTING_NEXT = Text("Try again later, or use another endpoint: `--endpoint URL`.")
VERIFICATION = Text(
    "The bytes are not those that the listing promises: a server, a proxy or the disk has changed "
    "them. Or a command that compares (`hfget verify`, `sync --check`, `lock --check`) found a "
    "difference. No wrong file has been given its name."
)
VERIFICATION_NEXT = Text(
    "Use another endpoint: `--endpoint URL`. To repair a download: `hfget verify --repair DIR`."
)
DISK = Text(
    "The disk is full, cannot be written to or has failed, a file of yours is where a file of the "
    "repo should go, or the disk cannot hold a name. What was fetched is kept."
)
DISK_NEXT = Text(
    "Make room or choose another folder (`--local-dir DIR`), and run the same command again. "
    "`--force` replaces files of yours, `--exclude GLOB` leaves a file out."
)
UNSAFE = Text(
    "hfget refuses: a path would leave the folder, a redirect leads to a place it should not, a "
    "token would go over plain http, or two endpoints list one commit differently."
)
UNSAFE_NEXT = Text(
    "Use another endpoint. If it is yours and you know why: `--allow-private`, "
    "`--allow-http-data`, or `--force`, as the message says."
)
OUTSIDE = Text(
    "The endpoint leads to a host that you have not named, and `--strict-endpoint` was given."
)
OUTSIDE_NEXT = Text(
    "Add that host as an endpoint, name what stands for it (`--rewrite-host`), or leave "
    "`--strict-endpoint` out."
)
LOCKED = Text("Another process works on this folder, and `--no-wait` was given.")
LOCKED_NEXT = Text("Wait for it to end, or leave `--no-wait` out.")
TIME_LIMIT = Text("The time that `--max-time` gave the run is over. What was fetched is kept.")
TIME_LIMIT_NEXT = Text("Run the same command again: it resumes.")
INTERRUPTED = Text(
    "A signal ended the run: Ctrl-C (130), the end of the terminal (129) or of the job (143). What "
    "was fetched is kept."
)
INTERRUPTED_NEXT = Text("Run the same command again: it resumes.")
