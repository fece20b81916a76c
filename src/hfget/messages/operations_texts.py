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
AS_OF = Text(" as of {minute}")
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
