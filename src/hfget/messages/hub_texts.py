"""What `hub` says."""

from __future__ import annotations

from hfget.messages.template import Text

NOT_A_HUB = Text("{url} does not answer like a hub")
LIMIT_MIB = Text("{size} MiB for one listing")
LISTING_TIMEOUT = Text("{url} takes more than {seconds} for one listing")
LIMIT_MEMORY = Text("{size} MiB of memory can hold")
NOT_JSON = Text("the answer is not JSON (a login page?)")
ANSWER_TOO_SLOW = Text("the answer comes too slowly")
ENCODED = Text("the answer is encoded as {encoding}")
BAD_COMPRESSION = Text("bad compressed data")
CUT_SHORT = Text("the answer was cut short")
ANSWER_TOO_LARGE = Text("{url} answers with more than {limit}")
LISTS_NO_FILE = Text("lists no file")
ENTRY_WITHOUT_PATH = Text("the listing gives no path")
ENTRY_BROKEN = Text("the listing's entry is broken")
ENTRY_WITHOUT_SIZE = Text("the listing gives no usable size")
ENTRY_WITHOUT_HASH = Text("the listing gives no usable hash")
DID_NOT_ASK_FOR_TOKEN = Text("{host} answers {status_code} and did not ask for a token (401)")
SEND_AT_ONCE = Text("to send it at once: --send-token-to {host}")
TOKEN_OF_OTHER_HOST = Text("it is for {host}")
ASK_THERE = Text("to ask there with it: --endpoint {endpoint}")
DISABLED = Text("{ref} is disabled")
HIDDEN_WITHOUT_TOKEN = Text("{host} does not show {ref} without a token")
PRIVATE_OR_MISSPELT = Text("it is private, gated or misspelt; {advice}")
ACCESS_REFUSED = Text("{host} refuses access to {ref} (HTTP {status}){in_its_words}")
LED_TO_REFUSAL = Text(
    "{host} refuses access to {ref} (HTTP {status}), though {endpoint} leads there"
)
A_PAGE_REFUSES = Text(
    "a firewall or a proxy may have answered, with a web page; if it was the hub: {otherwise}"
)
PRIVATE_OR_MISSING = Text("it is private, gated or missing{token_hint}; its page is {page}")
NO_SUCH_ROUTE = Text(
    "{host} answers HTTP {status}{in_its_words}: it does not take this request of the Hub's API"
)
ANSWERS_STATUS = Text("{host} answers HTTP {status}{in_its_words}")
LOGIN_REFUSED = Text("{host} does not accept the user and password in the endpoint's address")
TOKEN_REFUSED = Text("{host} does not accept the token from {source}")
ASK_ACCESS_ACCOUNT = Text("ask for access at {page}; your token's account does not have it yet")
ASK_ACCESS = Text("ask for access at {page}; {advice}")
GATED = Text("{ref} is gated{in_its_words}")
NO_REVISION = Text("{ref} has no revision {revision}")
LISTED_NOT_THERE = Text("{host} lists this file of {ref}, but does not have it")
UNKNOWN_REPO = Text("{host} has no {repo_type} {ref}")
OR_NO_ROUTE = Text("or {host} has no such route{token_hint}")
REPO_404 = Text("{host} answers HTTP 404 for the {repo_type} {ref}")
CHECK_SPELLING_REPO = Text("check the spelling{other_type}: it does not have it, {no_route}")
REVISION_404 = Text("{host} answers HTTP 404 for the {repo_type} {ref} at revision {revision}")
CHECK_SPELLING_REVISION = Text("check the spelling: it does not have one of them, {no_route}")
TOKEN_WITHHELD = Text("your {source} was not sent to {host}: {why}; {remedy}")
OTHER_TYPE = Text("; for a dataset or a space add --dataset or --space")
TOKEN_MAY_LACK = Text("; your token may not be allowed to read it")
IF_PRIVATE = Text("; if it is private: {advice}")
NEXT_PAGE_STATUS = Text("answers HTTP {status} for the next page")
SAME_PAGE_AGAIN = Text("sends the same page again and again")
TOO_MANY_REQUESTS = Text("takes more than {requests:,} requests")
OTHER_COMMIT = Text("answers for commit {said} instead of {named}")
OWN_COMMIT_UNKNOWN = Text("does not know commit {named}, which it named itself")
TOO_MANY_ENTRIES = Text("has more than {entries:,} entries")
UNSAFE_LISTING = Text("the listing of {ref} {what}")
LISTED_TWICE = Text("the listing of {ref} names a file twice with different content")
NEXT_PAGE_UNREADABLE = Text("names the next page in a form that cannot be read")
FULL_PAGE = Text("lists as much as a page holds")
NO_REVISION_IN_PATH = Text("no part of {trail} can be a revision of {ref}")
OTHER_COMMIT_THAN_ASKED = Text("{url} answers with commit {commit} instead of {asked}")
RENAMED = Text("{repo_id} is now {renamed}")
NO_RECURSION = Text("does not take recursive=true (HTTP {status}): folders are listed one by one")
NO_LISTING_ROUTE = Text(
    "has no route that lists a repo (HTTP {status}): files are asked for by name"
)
FULL_FOLDER = Text("names as many files as a page holds")
LISTS_MORE_ALONE = Text("lists more of a folder when asked for it alone")
TOO_MANY_FOLDERS = Text("lists more than {folders:,} folders")
LISTING_LACKS = Text(
    "the listing of {host} lacks {lost} of {ref} that the repo info names: {missing}"
)
SIZES_FALL_SHORT = Text("{host} lists {here:,} of the {told:,} bytes of {ref}")
UNKNOWN_ENTRIES = Text("entries of no known kind")
EMPTY_FOLDERS = Text("folders without content")
LISTS_UNKNOWN = Text("{host} lists {what} in {ref}: {unknown}")
UNSURE = Text("{host} {maybe_cut}, and nothing tells whether that is all of {ref}")
LISTS_SURPLUS = Text("lists {surplus:,} more files than it names in the repo info")
HOST_HAS_NO_LISTING = Text("{host} has no route that lists a repo (HTTP {status_code})")
CANNOT_TELL_FILES = Text("it knows {ref}, but cannot tell its files; {advice}")
LISTS_OTHER = Text("lists {paths}, neither file nor folder: left out")
NAME_UNFIT = Text("the repo info gives a name that cannot be a path")
SHA256_UNFIT = Text(
    "gives {unfit} a sha256 that does not fit the git id beside it: {files}; compare with "
    "another --endpoint"
)
ERROR_IN_200 = Text("answers 200 with an error: {said}")
EMPTY_ANSWER = Text("the answer is empty")
OUT_OF_STEP = Text("{host} has listed {ref}, and now says that it has no such {what}")
LACKS_COMMIT = Text("{host} does not have commit {commit} of {ref}")
NOT_USED = Text("{why}; not used")
