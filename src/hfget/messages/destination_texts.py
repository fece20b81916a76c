"""What `destination` says."""

from __future__ import annotations

from hfget.messages.template import Text

GIT_ROOT = Text("the root of a git work tree")
HOME = Text("your home folder")
CACHE_AND_LOCAL_DIR = Text("--cache and --local-dir cannot be used together")
HARDLINK_FROM_CACHE = Text(
    "--hardlink is about files that are taken from the Hub cache into a folder"
)
DELETE_IN_FOLDERS = Text(
    "--delete is about folders; in the Hub cache every revision keeps its own files"
)
FILE_NOT_FOLDER = Text("{flag} {path} is a file, not a folder")
TARGET_IS_FOLDER = Text("{target} is a folder")
LINK_OUT_OF_REPO = Text("a link leads out of the snapshot's repo")
LINK_OUT_OF_CACHE = Text("a link leads out of the cache")
FOLDER_NOT_FILE = Text("{target} is a folder, not a file")
NOT_A_REGULAR_FILE = Text("not a regular file")
TARGET_IS = Text("{target} is {what}")
FOLDER_OF_OTHER = Text("{name} belongs to {owner}, who can change what is in it")
RECORDS_OF_OTHER = Text("records in {name} belong to {names}: they are not trusted")
FILES_OF_OTHER = Text("{files} in {name} {belong} to {other}: hashed in every run")
USER = Text("user {pw_name}")
LINK_LEADS_OUT = Text("a link in {root} leads outside of it: {folder}")
BEING_REPLACED = Text("{place} is being replaced while it is written to")
WHERE_RECORDS_ARE = Text("lies where download records are kept (.cache/huggingface)")
FOLDER_OF_RECORDS = Text("{root} is where download records are kept")
AND_MORE = Text("and {more} more")
WINDOWS_RESERVED = Text("holds a name reserved on Windows")
EMPTY = Text("is empty")
CONTROL_CHARACTERS = Text("holds control characters or broken Unicode")
BACKSLASH = Text("holds a backslash")
PATH_TOO_LONG = Text("is longer than {most} bytes")
ABSOLUTE = Text("is absolute")
EMPTY_SEGMENT = Text("has an empty segment")
DOTS = Text("leaves the folder by . or ..")
NAME_TOO_LONG = Text("has a name longer than {most} bytes")
DRIVE_LETTER = Text("holds a drive letter")
LIKE_DOTS = Text("holds characters that other programs read as . or ..")
GIT_FOLDER = Text("lies in a .git folder")
DOT_OR_SPACE_AT_END = Text("has a name that ends in a dot or a space")
WINDOWS_FORBIDDEN = Text("holds a character that Windows forbids")
WINDOWS_SHORT_NAME = Text("may be the short name of another file on Windows")
OWN_RECORDS = Text("lies where hfget keeps its own records")
CACHE_LISTINGS = Text("lies where the Hub cache keeps listings")
FILE_FOR_FOLDER = Text("is a file where another path needs a folder")
LISTED_TWICE = Text("is listed twice")
SAME_FILE = Text("is one file with {other} on this disk")
NOT_EVERYWHERE = Text("not every system can have these names: {names}")
ACTED_ON = Text("other programs act on files of such names: {names}")
REPO_REFUSED = Text("the repo is refused, {count} of its paths cannot be written safely: {paths}")
