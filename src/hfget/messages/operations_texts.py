"""What `operations` says."""

from __future__ import annotations

from hfget.messages.template import Text

SEND_AND_NO_TOKEN = Text("--send-token-to and --no-token cannot be used together")
DELETE_REFUSED = Text("--delete: {root} {what}")
FOLDER_THAT = Text("a folder that {what}")
OTHER_REPO = Text("holds another repo, {prefix}{name}")
OTHER_REPO_OF_COMMIT = Text(
    "holds another repo: {path} is of commit {commits}, which {ref} does not have"
)
OF_COMMIT = Text("{paths} of commit {commit}")
LISTS_OTHERWISE = Text("{host} lists {what} differently from what is recorded here: {first}")
LIST_DIFFERENTLY = Text("{host} and {others} list {what} differently: {first}")
LISTING_TAKEN = Text("{text}; using what {host} lists")
FILE_NOT_FOLDER = Text("{root} is a file, not a folder")
NO_FOLDER_SYNC = Text("this file system cannot sync its folders")
CACHE_READ_ONLY = Text("the cache is read-only: what was hashed now is hashed again next time")
HASHED_AGAIN = Text("{message}; hashed again next time")
FREE_SPACE_UNKNOWN = Text("the free space on the disk is not known")
NO_SPACE = Text("{root}: needs {need}, {free} free")
URL_NAMES_OTHER = Text("the URL names {pasted}; fetching from {used} ({named})")
TOKEN_GOES_TO = Text("the token from --token goes to {used}")
WAITING_FOR_OTHER = Text("waiting for another program that downloads {path}")
APPEARED = Text(
    "{destination} appeared or changed during the download, and is not the file that is wanted"
)
THE_FOLDER = Text("the folder")
NO_RECORD = Text("{root} holds no record of a download")
SIZE_DIFFERS = Text("{size} bytes, should be {size2}")
RECORDED_PATH_OUT = Text("the recorded path leads out of the folder")
UNREADABLE = Text("cannot be read: {strerror}")
HASH_DIFFERS = Text("{hash_kind} is {actual}, should be {etag}")
LINK_OUT = Text("a link leads out of the folder")
RECORD_WITHOUT_REPO = Text("{root}: the record does not say which repo {path} is of")
AS_OF = Text(" as of %Y-%m-%d %H:%M")
OTHER_LISTER = Text(", as another program listed it")
STALE = Text(
    "{why}; using commit {commit} of {revision}{when}{lister}: the hub was not asked for a"
    " newer one (--no-stale insists)"
)
NOT_A_SHARD = Text("--shard {value} is not a part of a number of parts")
NO_SHARD_TOLD = Text("--shard auto found no scheduler that says which part this is")
SHARD_OUT_OF_RANGE = Text("--shard: there is no part {shard}")
SHARD_OF_BRANCH = Text(
    "shards that ask for a branch may get different commits: add --revision {commit}"
)
ALL_SHARDS_HERE = Text("all {count} shards are here: {files}")
SHARDS_MISSING = Text("shard {shard} is here; not here yet: {files} of shards {others}")
SHARD_AND_DELETE = Text("--shard and --delete cannot be used together")
SHARD = Text("{number} of {of}")
ASKING_INSTEAD = Text("{failure}; asking {host} instead")
ARIA2C_PATH_UNUSED = Text("--aria2c-path has no effect: it is for --tool aria2c")
PROBE_URL = Text("the URL")
PROBE_FAILED = Text("{host}: {reason}")
PROBE_ENDS_EARLY = Text("it ends too early")
PROBE_DATA_UNREACHED = Text(
    "{host} redirects to {other} for files, which cannot be reached: {reason}"
)
PROBE_TOO_MANY = Text("{host} wants fewer requests from this address (HTTP 429)")
PROBE_SERVER = Text("{host} is in trouble (HTTP {status})")
PROBE_LOGIN_PAGE = Text("{host} answers with a web page, as networks do that want a login first")
PROBE_NOT_ALLOWED = Text(
    "{host} does not show the repo without a token (HTTP {status}); none is sent here"
)
PROBE_BREAKS_OFF = Text("{host} breaks off in the midst of a file: {reason}")
PROBE_LATE = Text("{host} has not answered everything within {seconds:g} s")
PROBE_OTHER_BYTES = Text("{host} sends other bytes for {path} than it lists")
PROBE_NO_RANGES = Text("{host} does not serve parts of files")
PROBE_SLOW = Text("{host} is slow: {speed}/s a connection, {spent} for a gigabyte")
PROBE_PRIVATE = Text("the name server says that {host} is {address}, an address of a local network")
PROBE_CLOCK_SLOW = Text("the clock of this machine is {off} slow")
PROBE_CLOCK_FAST = Text("the clock of this machine is {off} fast")
PROBE_CLOCK_OR_SLOW = Text("the clock of this machine is {off} slow, or that of {host} is wrong")
PROBE_CLOCK_OR_FAST = Text("the clock of this machine is {off} fast, or that of {host} is wrong")
PROBE_BEHIND = Text("{host} has commit {commit}, and {other} has {newest}: it is behind")
PRUNE_LEFT = Text("{root} is left as it is: {reason}")
FACT_NOT_SHOWN = Text("set, not shown")
FACT_EMPTY = Text("set, but empty")
FACT_FOR = Text("for {origin}")
FACT_NOT_FOR = Text("not for {origin}: {why}")
FACT_NO_HOME = Text("not known: no home folder")
FACT_LINKS = Text("can be made")
FACT_NO_LINKS = Text("cannot be made: files are copied")
FACT_FREE_UNKNOWN = Text("free space not known")
FACT_FREE = Text("{size} free")
FACT_WRITABLE = Text("writable")
FACT_NOT_WRITABLE = Text("not writable")
FACT_NOT_YET = Text("not there yet")
FACT_CACHE = Text("Hub cache")
FACT_SYMLINKS = Text("symlinks in it")
FACT_FOLDER = Text("working folder")
FACT_INSTALLED = Text("installed in")
FACT_FILE_NAMES = Text("names of files")
FACT_ENV_FILE = Text("env file")
