"""Every limit of the network: how often, how long, how much, and where each figure comes from.

Above a name stands what it limits and, behind the bar, why just so much. docs/network.md shows
the same as a table (`python docs/write_limits.py`).
"""

from __future__ import annotations

#: Connections of one file, unless `--connections` says otherwise | a choice; how many of them work
#: at once is found out in each run
DEFAULT_CONNECTIONS = 16
#: Files at a time, unless `--jobs` says otherwise | a choice: small files wait for round trips,
#: not for bytes
DEFAULT_JOBS = 32
#: Connections in all | a choice: more from one address looks like an attack
MAX_CONNECTIONS = 64
#: Fruitless tries in a row of a file, unless `--retries` says otherwise | the waits add up to a
#: minute and a half, enough for a router to start again
DEFAULT_RETRIES = 8
#: Repetitions of a request to the API | a listing has nothing to lose but time: it gives up sooner
API_RETRIES = 5
#: Repetitions of a request to the API where another endpoint is left | a choice: one glitch does
#: not change the endpoint
HURRIED_RETRIES = 1
#: Seconds for connecting to it then | a lost packet is sent again after one second
HURRIED_CONNECT = 3.0
#: Seconds in which an answer must then bring its part of `SLOW_BYTES` | a time-out
HURRIED_WINDOW_SECONDS = 10.0
#: Tries at a host that has never answered in this run | the waits add up to seven seconds: a wrong
#: name stays wrong
UNREACHED_LIMIT = 4
#: Seconds for connecting, and for each read of an answer of the API | huggingface_hub,
#: `HF_HUB_ETAG_TIMEOUT`
API_TIMEOUT = 10.0
#: Seconds for each read of content | huggingface_hub, `HF_HUB_DOWNLOAD_TIMEOUT`
DOWNLOAD_TIMEOUT = 10.0
#: Time-outs within which a head, or a chunk of a body, must be complete | each byte starts the
#: time-out anew: a server that drips would hold us for ever
TURNS = 2
#: Seconds after which a further address of a host is tried | RFC 8305, section 5
ATTEMPT_SECONDS = 0.25
#: Seconds before the first repetition; doubled each time, by chance half more or less, and short
#: ones almost twice or nothing | a choice: a connection that broke is mostly to be had again at
#: once, and those that broke together shall not come back together
FIRST_WAIT = 0.5
#: Seconds before any repetition at most | a choice: what is back is noticed within half a minute
LONGEST_WAIT = 30.0
#: Seconds that a server may ask us to wait | the Hub's rate limits have windows of 300 s, to which
#: a second is added
MAX_REQUESTED_WAIT = 301.0
#: Redirects of one request | a choice: the Hub and mirrors need up to three
MAX_REDIRECTS = 10
#: Renewals in a row of a signed address that brings nothing | a choice: a fresh signature that is
#: refused three times is not a matter of age
MAX_RENEWALS = 3
#: Wrong answers in a row for a file | a server that answers wrongly so often will not answer
#: rightly
MAX_LIES = 4
#: Times that bytes which the disk has changed are fetched again | a choice: a third time it is the
#: disk
MAX_DISK_REPAIRS = 2
#: Times that bytes which the disk does not give back are fetched again | a choice: a second time
#: it is the disk
MAX_READ_REPAIRS = 1
#: Times that a file is fetched again whose hash is wrong though the disk kept it well | a choice:
#: a second time it is the server
MAX_REFETCHES = 1
#: Seconds in which a connection must bring `SLOW_BYTES` | a choice: three time-outs
SLOW_WINDOW_SECONDS = 30.0
#: Bytes that it must bring in them | 1 KiB a second: a server that drips never meets the time-out
SLOW_BYTES = 30 * 1024
#: First seconds of a connection that do not count when one that failed is judged so | what fails
#: after it was that slow is a try without a byte: else a server that drips would be asked for ever
SLOW_GRACE_SECONDS = 2.0
#: Bytes below which an answer that breaks off is not asked for again at once | a server that cuts
#: each answer short would be asked thousands of times
CRUMB_BYTES = 256 << 10
#: Seconds to wait then | a choice: ten requests a second at most
CRUMB_SECONDS = 0.1
#: Seconds over which connections are compared | a choice: longer than a pause for a lost packet
WINDOW_SECONDS = 2.0
#: Share of what its siblings bring (their median) below which one is replaced | a choice
SIBLING_SHARE = 0.1
#: Seconds that its range would still take, else it is left alone | a choice: a new connection
#: costs round trips too
WORTH_SECONDS = 3.0
#: Share of what the fastest of several endpoints brings over a connection below which one is left
#: out | a choice: what it would add is less than the requests cost
NEGLIGIBLE_SHARE = 0.05
#: Seconds over which that must have been seen | a choice: five looks
MEASURED_SECONDS = 0.5
#: Seconds that a range of such an endpoint would still take, else it is left alone | a choice
LAGGARD_SECONDS = 0.5
#: Seconds after which one that was left out, or is slow to answer, is asked once more | a choice
LEFT_OUT_SECONDS = 10.0
#: Seconds without an answer after which another endpoint is asked for the same range | a choice:
#: answers that take longer are rare, and a second request costs little
PATIENCE_SECONDS = 2.0
#: Seconds that must be saved when a second endpoint takes a part of a range that is being fetched |
#: a choice: a request costs a few round trips, and what the first has sent ahead
SAVED_SECONDS = 0.5
#: Seconds that must be saved where that range alone comes slowly, and its endpoint is done with all
#: as soon as the other | a choice: once others have ended, it comes faster
SAVED_ALONE_SECONDS = 2.0
#: Factor within which endpoints count as equally fast: the one with fewer connections is asked |
#: a choice: rates go up and down by so much anyway
EQUALLY_FAST = 1.25
#: Bytes a second of a connection as long as none was measured: of a large range what counts is not
#: who answers first | a choice: a slow connection
UNMEASURED_RATE = 1 << 20
#: Seconds that a failed endpoint rests at most before one request tries it again; the first rest
#: is `FIRST_WAIT`, doubled each time | a choice: others are there, so it need not hurry
LONGEST_REST = 60.0
#: Wrong answers, or files that it lacks, in a row after which an endpoint is out for the run | as
#: for a file: it will not get better
MAX_MISSES = 4
#: Failures in a row of one file at an endpoint after which it is asked for that file last | a
#: choice: the second is not an accident
MAX_BREAKS = 2
#: Bytes that are compared of each MiB when a hash is wrong and several endpoints could be it | a
#: choice: a wrong range is mostly wrong all over
SAMPLE_BYTES = 4 << 10
#: Parts of a file that are compared so; larger ones where it is larger | a choice: they are asked
#: for one after the other
MOST_SAMPLES = 1024
#: Bytes of one answer of the API | the Hub's pages have half a megabyte; the names of a million
#: files are fifty
MAX_BYTES = 64 << 20
#: Values in it | five for each of a million files
MAX_VALUES = 5_000_000
#: Seconds for it | 64 MiB at 4.5 Mbit/s
MAX_SECONDS = 120.0
#: Bytes of a listing: the commit and all pages, repetitions included | a million LFS files are 400
#: MB of JSON
LISTING_BYTES = 512 << 20
#: Seconds in which it waits for the server | the thousand pages of a million files, at almost two
#: seconds each
LISTING_SECONDS = 1800.0
#: Bytes of memory for it | a million LFS files take half a gigabyte
LISTING_MEMORY = 640 << 20
#: Files of a listing | a choice: twice the million that memory is reckoned for
MAX_ENTRIES = 2_000_000
#: Files that a page counts as at least | empty pages come to an end too
FEWEST_PER_PAGE = 100
#: Requests for a listing, however it is put together | `MAX_ENTRIES` by pages of a hundred
MAX_REQUESTS = 20_000
#: Times that a page may come again under another address | a choice
MAX_PAGE_REPEATS = 3
#: Folders that are asked for one by one | a choice: minutes of requests
MAX_FOLDERS = 5000
#: Files that are asked for one by one | a choice: minutes of requests
MAX_SINGLE_FILES = 5000
#: Seconds in which threads end after a Ctrl-C | the run then ends within a second
STOP_SECONDS = 0.8
#: Seconds that a run whose time is over (`--max-time`) may take to end | a choice: it may wait for
#: a disk that does not answer
GRACE_SECONDS = 10.0
#: Seconds without a sign of life after which an unknown owner counts as gone | six signs of life,
#: one each ten seconds
LEASE_SECONDS = 60.0
#: Seconds for each wait of `hfget mirrors` | a choice: who has a slow line still gets an answer,
#: and a dead mirror costs few
PROBE_TIMEOUT = 4.0
#: Seconds after which it goes without those that have not answered all | a choice: two time-outs
#: for the API, one for the listing and one for a file
PROBE_SECONDS = 16.0
#: Bytes of a file that it fetches to see how fast they come | a choice: enough for a connection to
#: get up to speed on most lines
PROBE_BYTES = 8 << 20
#: Seconds after which it stops fetching | a choice: what is slow has shown it by then
PROBE_SPEED_SECONDS = 3.0
