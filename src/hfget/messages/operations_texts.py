"""What `operations` says."""

from __future__ import annotations

from hfget.messages.template import Text

SEND_AND_NO_TOKEN = Text("--send-token-to and --no-token cannot be used together")
HARDLINK_FROM_CACHE = Text(
    "--hardlink is about files that are taken from the Hub cache into a folder"
)
DELETE_IN_FOLDERS = Text(
    "--delete is about folders; in the Hub cache every revision keeps its own files"
)
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
ALL_READ_ONLY = Text("the destination is read-only: what was hashed now is hashed again next time")
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
STANDS_THERE = Text("{path} cannot be repaired as long as {obstacle} is there")
RECORD_WITHOUT_REPO = Text("{root}: the record does not say which repo {path} is of")
AS_OF = Text(" as of {minute}")
OTHER_LISTER = Text(", as another program or user listed it")
STALE = Text(
    "{why}; using commit {commit} of {revision}{when}{lister}: the hub was not asked for a"
    " newer one (--no-stale insists)"
)
TAKE_WHAT_IS_HERE = Text("to take what is here: --revision {commit}")
NOT_A_SHARD = Text("--shard {value} is not a part of a number of parts")
NO_SHARD_TOLD = Text("--shard auto found no scheduler that says which part this is")
SHARD_OUT_OF_RANGE = Text("--shard: no part has the number {shard}")
SHARD_OF_BRANCH = Text(
    "shards that ask for a branch may get different commits: add --revision {commit}"
)
ALL_SHARDS_HERE = Text("all {count} shards are here: {files}")
SHARDS_MISSING = Text("shard {shard} is here; not here yet: {files} of shards {others}")
SHARDS_JOINED_ELSEWHERE = Text(
    "shard {shard} is here; all ranges of {files} are here too: another process puts them together"
)
COULD_BE_DIVIDED = Text(
    "{path} is larger than a part: where all shards share this folder, --shard {option} divides it"
)
NO_RANGES_HERE = Text(
    "--shard ...:ranges: this file system takes writes in order only, so that files come whole"
)
SHARD_AND_DELETE = Text("--shard and --delete cannot be used together")
SHARD = Text("{number} of {of}")
DASK_AND = Text("--dask and {other} cannot be used together")
DASK_MISSING = Text("--dask needs distributed, which is not installed")
DASK_SHARDS = Text(
    "Dask at {address}; workers: {workers}, shards: {shards}, at a time a worker: {most}"
)
DASK_TOKEN_IN_THE_CLEAR = Text(
    "your token goes to the workers of {address} unencrypted: tls:// hides it, --no-token keeps "
    "it here"
)
DASK_FAILED = Text("the Dask cluster {address} failed: {why}")
DASK_SHARD_FAILED = Text("shard {shard} failed: {why}")
DASK_WORKERS_DIED = Text("each worker that ran it died")
DASK_CANCELLED = Text("the cluster cancelled it")
SHARDS_ENDED_EARLY = Text("not all fetched: a worker that could not tell how far it is has stopped")
DASK_ELSEWHERE = Text("{root} on this machine does not have all files: the workers have their own")
ASKING_INSTEAD = Text("{failure}; asking {host} instead")
ARIA2C_PATH_UNUSED = Text("--aria2c-path has no effect: it is for --tool aria2c")
LOCKED_NOT_LISTED = Text("{host} does not list this file at commit {commit}, the lock file does")
LOCKED_OTHERWISE = Text("{host} lists {listed}; the lock file has {locked}")
CONTENT = Text("{size} bytes, {kind} {digest}…")
FOLDER_SHARED = Text("{one} and {other} would share the folder {folder}")
FOLDER_NOT_BELOW = Text("{folder} is not a folder below the lock file's")
FOLDER_OF_ONE = Text("--local-dir is the folder of one repo")
NO_LOCK_FILE = Text("the lock file {path} does not exist")
LOCK_FILE_UNREADABLE = Text("{path} cannot be read: {why}")
LOCK_FILE_TOO_LARGE = Text("{path} is too large for a lock file")
MERGE_CONFLICT = Text("{path} line {line}: {marker} is left of a merge conflict")
NOT_TOML = Text("not valid TOML: {why}")
LOCK_VERSION_IS = Text("version is {found}, this hfget reads {known}")
THE_FILE = Text("the file")
REPO_NOT_TABLES = Text("repo is not a list of tables, [[repo]]")
NO_SUCH_TYPE = Text("{where}: type is none of {known}")
NOT_A_REPO_ID = Text("{where} is not the id of a repo")
FILES_WITHOUT_COMMIT = Text("{where}: files without a commit")
NOT_A_COMMIT = Text("{where}: {commit} is not a commit hash")
FILES_NOT_LISTED = Text("{where}: files is not a list of files")
FILE_HAS = Text("{where}: a file has path, size and hash, and nothing else")
NOT_A_SIZE = Text("{where}: the size of {path} is not a number of bytes")
NOT_A_HASH = Text("{where}: the hash of {path} is not sha256:… or git-sha1:…")
NOT_A_TEXT = Text("{key} is missing or is not a text")
UNKNOWN_KEY = Text("{where} has the unknown key {key}")
FROZEN_WITHOUT_COMMIT = Text("{ref} has no commit in {path}, and --frozen does not add it")
NOT_LOCKED_YET = Text("not locked yet")
NOT_LOCKED = Text("not locked")
OTHER_THAN_LOCKED = Text("other content than is locked")
OF = Text("{name}: {message}")
CANNOT_BE_LOCKED = Text("{path} cannot be locked: {defect}")
NOT_IN_LOCK_FILE = Text("{name} is not in {path}")
NOTHING_DOWNLOADED = Text("nothing in {folder} was downloaded by hfget")
OTHER_FAILED = Text("not all fetched: another repo failed, and --fail-fast ends the run then")
REPOS_COMPLETE = Text("{done} of {repos} complete")
REPOS_NOT_COMPLETE = Text("{done} of {repos} complete; not {names}")
NOT_A_FORMAT = Text("--format {format} is not one of {formats}")
FORMAT_WITHOUT_TOKEN = Text("--with-token: the format {format} has no place for a token")
LIST_HAS_TOKEN = Text("the list contains your token: write it to no file that others can read")
ARIA2C_SENDS_TOKEN = Text("aria2c sends the token to every host that it is redirected to")
WITHOUT_SHA256 = Text(
    "{files} without a sha256, only with a git hash: a comment each, which sha256sum passes "
    "over; hfget verify checks them"
)
KEEP_FOLDERS = Text("to keep the folders of the repo: wget -x -nH --cut-dirs={depth} -i FILE")
NO_TOKEN_FOR = Text("--with-token: no token is known for {host}")
TOKEN_STAYS_HERE = Text("--with-token: {source} is not sent to {host}: {why}")
UNEXPECTED = Text("unexpected {name}: {error}")
VANISHED = Text("{path} has been removed from the cache")
SERVER_ENDS = Text("the server is shutting down")
PROBE_URL = Text("the URL")
PROBE_FAILED = Text("{host}: {reason}")
PROBE_ENDS_EARLY = Text("it ends too early")
PROBE_DATA_UNREACHED = Text(
    "{host} redirects to {other} for files, which cannot be reached: {reason}"
)
PROBE_TOO_MANY = Text("{host} wants fewer requests from this address (HTTP 429)")
PROBE_SERVER = Text("{host} is in trouble (HTTP {status})")
PROBE_LOGIN_PAGE = Text("{host} answers with a web page, as networks do that want a login first")
PROBE_NEEDS_TOKEN = Text("{host} needs a token for this repo (HTTP {status}), and there is none")
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
