"""What to do next: each advice once, as a command or a step that works."""

from __future__ import annotations

from hfget.messages.template import Text

ADD_ENDPOINT_OR_REWRITE = Text(
    "add another endpoint: --endpoint URL; or, if another host has the same content: "
    "--rewrite-host {host}=HOST"
)
ADD_OWN_CA = Text("if your network uses a CA of its own, put it into what {named} names")
ALIAS = Text("--alias gpt2=openai-community/gpt2")
ALLOW_HOST = Text("--allow-host hub.example.org")
ALLOW_ORIGIN = Text("--allow-origin https://app.example.org")
ALLOW_PRIVATE = Text("if this mirror is yours, allow it with --allow-private")
ANSWER_YES = Text("to answer yes without being asked: --yes")
ANY_PORT = Text("--port 0 takes a free one")
ASK_OR_NO_PROXY = Text("ask those who run it, or go without: NO_PROXY={host}")
ASK_THE_HUB = Text("ask that one: --endpoint {endpoint}")
BACKGROUND = Text("leave that to the shell: nohup hfget REPO &")
BEGIN_WITH_HTTP = Text("begin it with https:// or http://")
CACHE_OR_FOLDER = Text("files go into the Hub cache, or into a folder")
CD = Text("cd to a folder that is there, or give whole paths")
CHECK_CLOCK = Text("check the clock of this machine; {hint}")
CHECK_DISK = Text("check the disk (dmesg, SMART)")
CHECK_DISK_AND_FOLDER = Text("check the disk and the folder")
CHECK_DISK_OR_OTHER_FOLDER = Text(
    "check the disk (dmesg, SMART), or choose another folder: --local-dir DIR"
)
CHECK_DOWNLOAD = Text("to check a download: hfget verify DIR")
CHECK_ENDPOINT = Text("check the endpoint (--endpoint, HF_ENDPOINT)")
CHECK_ENDPOINT_AND_LOGIN_PAGE = Text(
    "check the endpoint (--endpoint, HF_ENDPOINT), and that no login page of the network "
    "stands in between"
)
CHECK_ENV_FILE = Text("check the name after --env-file")
CHECK_LOGIN = Text("check them in --endpoint or HF_ENDPOINT")
CHECK_PROXY = Text("check HTTPS_PROXY, HTTP_PROXY and ALL_PROXY: http://HOST:PORT")
CHECK_SPELLING = Text("check the spelling{other_type}{token_hint}")
CHECK_TOKEN_FILE = Text("check the name after --token-file, and its owner")
CHOOSE_BY_PATTERN = Text("choose files with --include GLOB and --exclude GLOB")
CHOOSE_OTHERS = Text("choose others, or leave --safe-only out")
CONNECTIONS = Text("connections a file: -x N; files at a time: -j N")
COPY_TOKEN_AGAIN = Text("copy it again from {page}")
CUT_ON_THE_WAY = Text("something between here and the hub cuts the listing; {advice}")
DEBUG_OR_VERSION = Text("to see every request: --debug; the version: --version")
DID_YOU_MEAN = Text("did you mean {this}?")
DOWNLOAD_AGAIN = Text("download it again: hfget REPO --local-dir {root}")
DOWNLOAD_ON_LINUX = Text("nothing was written; download it on Linux, or tell the repo's owner")
EITHER = Text("{one}; {other}")
FEWER_JOBS = Text("lower --jobs")
FEWER_JOBS_OR_LIMIT = Text("lower --jobs, or raise `ulimit -n`")
FILES_AFTER_REPO = Text("put the files after the repo: hfget org/name FILE")
FOLDER_AFTER_REPO = Text("put the folder after the repo: hfget org/name FOLDER")
FOLDER_FOR_HARDLINK = Text("leave out --cache and --cache-dir, or name a folder with --local-dir")
FORCE_OR_ENDPOINT = Text(
    "one of them is wrong: add --force if {host} is right, or --endpoint {other} if that one is"
)
FREE_INODES = Text(
    "remove files that you do not need (`df -i` counts them), or choose another folder"
)
GIVE_ONE = Text("give only one of them")
GIVE_ONE_OF = Text("give one of them: {names}")
GIVE_TOKEN = Text("give a token (HF_TOKEN or --token)")
GIVE_TOKEN_FILE = Text("give --token-file")
GIVE_VALUE = Text("give a value after {name}; {name}={word} takes that word")
GO_OFFLINE = Text("HF_HUB_OFFLINE=1; hfget verify DIR needs no network")
GO_WITHOUT_PROXY = Text("unset HTTPS_PROXY and HTTP_PROXY, or name the host in NO_PROXY")
HF_DOES_THAT = Text("hfget only downloads; run it without hfget: {command}")
HOST_LIKE = Text("for example hub.example.org, or https://hub.example.org:8443")
HTTPS_ENDPOINT = Text("use an https endpoint")
HTTPS_OR_NO_PROXY = Text(
    "use an https endpoint; if a proxy is in the way, name the host in NO_PROXY"
)
HTTPS_OR_NO_SECRET = Text("use an https endpoint, or leave the secret out")
HUB_BELOW_PATH = Text("if the hub is below a path, name it: --endpoint {endpoint}/{path}")
INSTALL_SERVE = Text("pip install 'hfget[serve]'")
INSTALL_SOCKS = Text("install it (pip install 'hfget[socks]'), or use an http:// proxy")
PAYMENT = Text("it asks for payment, or your quota there is used up; its page is {page}")
LEGAL_REASONS = Text("it is withheld there for legal reasons; its page is {page}")
CLIENT_CERTIFICATE = Text(
    "it wants a certificate of yours, which is never sent; its page is {page}"
)
LATER_OR_OTHER_MIRROR = Text("try again later, or use another mirror: --endpoint URL")
LEAVE_NO_TOKEN_OUT = Text("leave --no-token out")
LEAVE_ONE_OUT = Text("leave one of them out")
LEAVE_OUT = Text("leave it out for the default")
LEAVE_PATTERN_OUT = Text("leave it out to take all files")
LEAVE_QUANT_OUT = Text("leave --quant out")
LEAVE_QUOTES_OUT = Text("leave the quotes out: {command}")
LEAVE_REPO_TYPE_OUT = Text("leave --repo-type out")
LEAVE_TOKEN_OUT = Text("leave --token out")
LEAVE_TOOL_OUT = Text("leave {option} out: hfget itself uses several connections (-x N)")
LEAVE_VERIFY_OUT = Text("leave it out: every byte is verified while it comes")
LEAVE_WEIGHTS_OUT = Text("leave --weights out")
LET_HF_EXCHANGE = Text("let hf do it: HF_TOKEN=$(hf auth token)")
LIST_ANEW = Text(
    "the listing recorded here may be wrong: run the same command again, which asks for it"
    " anew; if that fails too, use another mirror: --endpoint URL"
)
LIST_CACHE = Text("hf cache ls lists the Hub cache; hf cache rm removes from it")
LIST_REPO = Text("hfget ls shows what the repo has")
LOCAL_DISK = Text("download into a folder of a local disk, and copy it there")
LOG_IN = Text("log in (hf auth login), or set HF_TOKEN")
LOG_IN_WITH_HF = Text("set HF_TOKEN, or run hf auth login; hfget reads what it stores")
LOG_TO_FILE = Text("to see every request: --debug; into a file: 2> FILE")
MAKE_ROOM_AND_RUN = Text("make room and run the same command again")
MAKE_ROOM_OR_ELSE = Text("make room, {other}, or fetch less: --include GLOB")
MAKE_TOKEN = Text("make another one at {endpoint}/settings/tokens, or go without: {without}")
TOKEN_OF_HOST = Text("give a token that {host} accepts, or go without: {without}")
MAYBE_NOT_YET = Text(
    "a mirror may not have it yet: try again later, or use another mirror: --endpoint URL"
)
MIRROR_DATA_HOST = Text(
    "the mirror may not cover its data host; use another mirror: --endpoint URL"
)
MORE_MEMORY = Text("raise `ulimit -v`, or end other programs")
MOVE_AND_SYNC = Text("move away what is in the place of a file, then: {command}")
SYNC_BY_FORCE = Text("{forced} replaces what was changed here; {command} keeps it")
MOVE_AWAY = Text("move it away")
MOVE_AWAY_AND_RUN = Text("move it away, and run the same command again")
MOVE_AWAY_THEN = Text("move away {path}, then: {command}")
MOVE_AWAY_OR_ELSE = Text("move it away, or {other}")
MOVE_AWAY_OR_FORCE = Text("move it away, or replace it with --force")
MOVE_FILE_AWAY = Text("move that file away")
MOVE_FOLDER_AWAY = Text("move that folder away")
NAMES_STAY = Text("files keep the repo's names; choose the folder with --local-dir DIR")
NAME_CACHE = Text("name it: --cache-dir DIR, or set HF_HOME or HOME")
NAME_CA_BUNDLE = Text("name a file with certificates in PEM format, or unset it")
NAME_DOWNLOAD_FOLDER = Text("name the folder that hfget or `hf download --local-dir` filled")
NAME_FILE_OR_FOLDER = Text("name a file or a folder")
NAME_OWN_CA = Text("if your network uses a CA of its own, name its bundle in REQUESTS_CA_BUNDLE")
NAME_RATE_FILE = Text("name a file that holds a rate, such as --limit-rate @rate.txt")
NAME_REVISION = Text("name it: --revision REV")
NAME_THE_FILE = Text("name the file")
NAME_THE_FILES = Text("name them to hfget: {command}")
NARROWER_PATTERN = Text("make the pattern narrower: {pattern}")
NO_CACHE = Text("files go into a folder unless --cache is given")
NO_COLOR = Text("set NO_COLOR=1")
NO_HISTORY = Text("hfget fetches one revision, without history")
NO_HUB_SENDS_THAT = Text("no hub sends that much at once; use another mirror: --endpoint URL")
ONE_CREDENTIAL = Text("leave out --token, or the user and password in the endpoint's address")
ONE_ENDPOINT_EACH = Text("give each further one its own --endpoint, or list them in HFGET_MIRRORS")
OTHER_CACHE = Text("choose another cache: --cache-dir DIR")
OTHER_DISK_OR_EXCLUDE = Text(
    "choose a folder on another file system, or leave the file out: --exclude GLOB"
)
OTHER_FILE_SYSTEM = Text("choose a folder on another file system, or raise `ulimit -f`")
OTHER_FOLDER = Text("choose another folder: --local-dir DIR")
OTHER_FOLDER_ONLY = Text("choose another folder")
OTHER_FOLDER_OR_CACHE = Text(
    "choose another folder: --local-dir DIR, or --cache-dir DIR for the Hub cache"
)
OTHER_FOLDER_OR_NO_DELETE = Text("choose another folder: --local-dir DIR, or leave --delete out")
OTHER_FOLDER_OR_YES = Text("choose another folder: --local-dir DIR, or add --yes")
OTHER_MIRROR = Text("use another mirror: --endpoint URL")
OTHER_MIRROR_OR_HTTP_DATA = Text(
    "use another mirror: --endpoint URL; or allow it for files, "
    "whose hashes came over https: --allow-http-data"
)
OTHER_PORT = Text("choose another --port, or --port 0 for any that is free")
OUTPUT_FORMS = Text("for programs: --json; the folder alone: --quiet")
OUT_OF_STEP = Text(
    "its servers may not be in step: try again later, or use another mirror: --endpoint URL"
)
OWN_CA = Text(
    "certificates are always checked; a CA of your own: REQUESTS_CA_BUNDLE (.env.example)"
)
PASS_AS_TOKEN = Text("pass it as HF_TOKEN or with --token")
PASTE_ONE = Text("paste one at a time")
PASTE_REPO = Text("paste the repo alone: {ref}")
PASTE_REPO_PAGE = Text("paste the address of the repo's own page")
PLAIN_PATH = Text("give it without . and .. and //")
PRINT_LESS = Text("to print less: --quiet")
PROXY_LOGIN = Text(
    "put them into HTTPS_PROXY or HTTP_PROXY, as http://USER:PASSWORD@HOST:PORT (special "
    "characters percent-encoded)"
)
PRUNE_CACHE = Text("remove revisions that no ref points to with: hf cache prune")
PUT_IN_QUOTES = Text("put it in quotes")
QUOTE_COMMAND = Text("put a pasted command in quotes: hfget {command}")
QUOTE_OR_NAME = Text("quote it, or name the files")
RATE_LIKE = Text("give bytes a second, such as --limit-rate 500k, 20M or 1.5G")
REMOVE_FOLDER = Text("remove the folder itself; from the Hub cache: hf cache rm")
REMOVE_LINK = Text(
    "remove the link, or choose another folder: --local-dir DIR, or --cache-dir DIR for the "
    "Hub cache"
)
REPORT_BUG = Text("this is a bug in hfget: please report it with the output of --debug")
REPO_BY_ITSELF = Text("give the repo without an option: hfget org/name")
REPO_FIRST = Text("put the repo first: hfget REPO {flag} {first} ...")
REPO_TYPES = Text("use model, dataset or space")
REPO_TYPE_LIKE = Text("for instance --repo-type dataset")
REVISION_IS = Text("a revision is a branch, a tag or a commit, for instance main")
REWRITE_LIKE = Text("for instance cas-bridge.xethub.hf.co=cas-bridge.xethub.hf-mirror.com")
RUN_AGAIN_ALONE = Text("run the same command again while nothing else works on that folder")
RUN_AGAIN_LATER = Text("run the same command again then; what is on disk is kept")
RUN_AGAIN_OR_OTHER_MIRROR = Text(
    "run the same command again, or use another mirror: --endpoint URL"
)
RUN_AGAIN_TO_GO_ON = Text("run the same command again to resume")
RUN_CELL_AGAIN = Text("run the cell again to resume")
RUN_AGAIN_WHEN_DONE = Text("run the same command again when that program has finished")
SEARCH_ON_HUB = Text("hfget does not search: find the repo on {address}")
SEE_BRANCHES = Text("see its branches and tags at {page}/tree/main")
SEE_PAGE = Text("see its page: {page}")
SERVE_DIR = Text("hfget serve DIR")
SET_HOME = Text("set HOME, or give the whole path; ./~ is a folder of that name")
SET_PROXY = Text("set the proxy in HTTPS_PROXY in the environment")
SET_TOKEN = Text("give the token with HF_TOKEN, --token-file or --token")
SHORTER_FOLDER = Text("choose a shorter folder")
TELL_OWNER = Text("nothing was written; tell the repo's owner")
TIMEOUTS = Text("HF_HUB_DOWNLOAD_TIMEOUT sets the seconds without a byte; --max-time ends the run")
TRIES = Text("tries: --retries N; the folder: --local-dir DIR")
UNSET_FOR_DEFAULT = Text("unset it for the default, {default:g} s")
UNSET_IT = Text("unset it")
UNSET_OFFLINE = Text("unset {variable}")
UPDATE = Text("run the same command again, which fetches what has changed; all anew: --force")
UPLOAD_WITH_HF = Text("hfget only downloads; hf upload sends files")
URL_LIKE = Text("give it as a URL, for instance https://hf-mirror.com")
USE_DEBUG = Text("to see every request: --debug")
USE_DRY_RUN = Text("to see what would be fetched: --dry-run")
USE_FORCE = Text("to fetch again: --force")
USE_INPUT_FILE = Text("give a list of repos with -i FILE")
USE_LOCAL_DIR = Text("choose the folder with --local-dir DIR")
USE_REVISION = Text("choose a branch with --revision REV")
USE_STAR = Text("use * for several characters at once")
USE_VERSION = Text("the version: --version")
UTF8 = Text("choose a locale of UTF-8, or set PYTHONUTF8=1")
WAIT_OR_NO_WAIT = Text("wait for it, or leave --no-wait out")
WHOLE_REPO = Text("hfget fetches the whole repo unless you name files; a revision: --revision REV")
WRITE_ITS_VALUE = Text("write the value it stands for")
CLUSTER_LIKE = Text(
    "--dask tcp://HOST:8786 for a scheduler that runs, --dask local:4 to start four workers here"
)
INSTALL_DASK = Text("pip install 'hfget[dask]'")
SAME_HFGET_ON_WORKERS = Text(
    "see that the scheduler runs, and that it and its workers have this hfget:"
    " pip install 'hfget[dask]'"
)
SHARD_LIKE = Text("--shard 2/8 for the second of eight; auto/8 takes the number from a scheduler")
BY_ITSELF = Text("download it by itself: {command}")
LEAVE_RANGES_OUT = Text("leave :ranges out")
GIVE_UPSTREAM = Text("give --upstream URL, or leave it out")
ADD_TO_LOCK = Text("hfget lock {name} adds it")
BEGIN_WITH_REPO = Text("begin the line with a repo, as org/name")
BESIDE_LIST = Text("give it on the command line, beside -i")
CHECK_LIST_NAME = Text("check the name after -i")
CLOSE_QUOTES = Text("close the quotes, or put none")
DIVIDE_IT = Text("divide it")
DO_NOT_TRUST = Text("do not trust this file")
FILES_OR_REPOS = Text("name files of one repo, or several repos; a list, -i FILE, may hold both")
FOLDER_BELOW_LOCK = Text("name one below it, as models/NAME")
LEAVE_THEM_OUT = Text("leave them out")
LOCK_ANEW = Text(
    "repair it, take it from version control, or remove it and lock anew: hfget lock REPO"
)
LOCK_HOLDS = Text("it holds {known}; {add}")
LOCK_ONE_BY_ONE = Text("lock them one after the other")
LOCK_OR_UPDATE = Text("hfget lock REF, or hfget lock --update")
LOCK_WITH_OTHERS = Text("lock it anew with other options: hfget lock REF")
MAKE_LOCK_FILE = Text("hfget lock REPO makes one")
NAME_DOWNLOAD = Text("name the folder of a download")
NO_FOLDER_OR_LIST = Text(
    "leave it out, and each goes into ./NAME; a list, -i FILE, may give each its own"
)
NO_REPOS_EITHER = Text("none of these is a repo either: {names}")
OTHER_MIRROR_OR_LOCK = Text(
    "use another mirror: --endpoint URL; to take what is there now: hfget lock --update"
)
OWN_FOLDER = Text("give one its own: {command}")
REPO_A_LINE = Text("a repo a line, as org/name")
TAKE_ONE_SIDE = Text("{command}, then: hfget lock --update")
SERVE_NAMED = Text("name a folder: hfget serve DIR")
WRITABLE_FOLDER = Text("name a folder that you may write to")
REQUIRE_TOKEN_OR_REMOVE = Text(
    "add --require-token FILE, or remove {marker} if all who reach this server may read them"
)
KEPT_ELSEWHERE = Text("what upstream sends is kept there: name another folder first")
GIVE_CERT_AND_KEY = Text("give both: PEM files")
PEM_ORDER = Text("PEM files: the certificate first, then those that it is signed by")
OTHER_UPSTREAM = Text("give the hub that it is to mirror, or another --port")
MAKE_SERVER_TOKEN = Text("make one: openssl rand -hex 20")
ONE_TOKEN_A_LINE = Text("give a text file with one token a line")
URLS_HELP = Text("hfget urls --help")
GIVE_FORMAT = Text("give --format {formats} or {last}")
NAME_LISTER_FIRST = Text(
    "name another --endpoint first: the first one that answers gives the listing"
)
CHECK_ARIA2C_PATH = Text("check the path after --aria2c-path")
INSTALL_TOOL = Text(
    "install it (apt install {package}, or brew install {package}), or leave --tool {tool} out"
)
MAKE_ROOM_OR_OTHER_FOLDER = Text("make room, or choose another folder: --local-dir DIR")
ADD_YES = Text("to remove what is shown: --yes")
COMMAND_HELP = Text("hfget {name} --help")
FILES_OF_REPO = Text("for the files of a repo: {command}")
HELP_TOPIC = Text("hfget help TOPIC, where TOPIC is one of {topics}")
INSTALL_AGAIN = Text("pip install --force-reinstall hfget")
CHOOSE_BY_OPTION = Text("choose by --weights KIND or --quant LABEL; hfget ls REPO shows them")
