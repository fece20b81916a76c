"""Where a command line is not understood, each option and command that is advised works."""

from __future__ import annotations

from tests.hub import Fault, effects
from tests.support.advised import Desk, Scenario, row

_TOKEN = "made-up-for-this-test"
_MODEL_LIST = {"list.txt": "org/m\n"}


def _lock_anew(desk: Desk) -> None:
    lock = desk.folder / "hfget.lock"
    lock.write_text("version = [\n")
    desk.wrong("sync", 2)
    lock.unlink()
    desk.right("lock org/m", "hfget.lock")


def _no_stdin(desk: Desk) -> None:
    (desk.folder / "t").write_text(_TOKEN)
    (desk.folder / "t").chmod(0o600)
    desk.patch.setattr("sys.stdin", None)
    desk.wrong("org/p --token -", 2)
    desk.right("org/p --token-file t")


def _hub_below_path(desk: Desk) -> None:
    below = effects.Target(lambda target: target.removeprefix("/hf"))
    desk.hub.faults.add(Fault(below, origin="hub", times=None))
    desk.wrong("{hub}/hf/org/m", 2)
    desk.right("org/m --endpoint {hub}/hf")


SCENARIOS: dict[str, Scenario] = {
    "ANSWER_YES": row("org/m --no-input", "org/m --yes"),
    "BACKGROUND": row("org/m --background", "org/m"),
    "CHECK_DOWNLOAD": row("org/m --check", "verify m", first="org/m"),
    "CHOOSE_BY_PATTERN": row("org/m -A x", "org/m --include '*.json' --exclude 'sub/*'"),
    "COMMAND_HELP": row("help ls", "ls --help"),
    "CONNECTIONS": row("org/m -s 4", "org/m -x 4 -j 2"),
    "DEBUG_OR_VERSION": row("org/m -v", "org/m --debug", "--version"),
    "FILES_AFTER_REPO": row("org/m --files c.json", "org/m c.json"),
    "FILES_OF_REPO": row("list org/m", "ls org/m"),
    "FOLDER_AFTER_REPO": row("org/m --subfolder sub", "org/m sub"),
    "GO_OFFLINE": row("org/m --offline", "HF_HUB_OFFLINE=1 org/m", "verify m", first="org/m"),
    "HELP_TOPIC": row("help nothing", *(f"help {one}" for one in ("mirrors", "resume", "token"))),
    "LOG_TO_FILE": row("org/m --log x", "org/m --debug"),
    "NAMES_STAY": row("org/m -O x", "org/m --local-dir x"),
    "NO_CACHE": row("org/m --no-cache-dir", "org/m", "org/m --cache"),
    "NO_COLOR": row("org/m --no-color", "NO_COLOR=1 org/m"),
    "NO_HISTORY": row("org/m --depth 1", "org/m"),
    "OUTPUT_FORMS": row("org/m --format x", "org/m --json", "org/m --quiet"),
    "PRINT_LESS": row("org/m -nv", "org/m --quiet"),
    "REPO_BY_ITSELF": row("--model org/m", "org/m"),
    "REPO_FIRST": row("--exclude c.json org/m d.txt", "org/m --exclude c.json d.txt"),
    "REPO_TYPE_LIKE": row("data/d --repo-type x", "data/d --repo-type dataset"),
    "SET_TOKEN": row(
        "org/p -H x",
        f"HF_TOKEN={_TOKEN} org/p",
        "org/p --force --token-file t",
        f"org/p --force --token {_TOKEN}",
        files={"t": _TOKEN},
    ),
    "TIMEOUTS": row("org/m --timeout 5", "HF_HUB_DOWNLOAD_TIMEOUT=5 org/m --max-time 60"),
    "TRIES": row("org/m -t 5", "org/m --retries 5 --local-dir x"),
    "UPDATE": row("org/m -U", "org/m", "org/m --force"),
    "URLS_HELP": row("urls org/m --format x", "urls --help"),
    "GIVE_FORMAT": row(
        f"HF_TOKEN={_TOKEN} urls org/p --format checksums --with-token",
        f"HF_TOKEN={_TOKEN} urls org/p --format aria2c --with-token",
        f"HF_TOKEN={_TOKEN} urls org/p --format curl --with-token",
    ),
    "USE_DEBUG": row("org/m --verbose", "org/m --debug"),
    "USE_DRY_RUN": row("org/m --spider", "org/m --dry-run"),
    "USE_FORCE": row("org/m -f", "org/m --force"),
    "USE_INPUT_FILE": row("--requirement list.txt org/m", "-i list.txt", files=_MODEL_LIST),
    "USE_LOCAL_DIR": row("org/m -P x", "org/m --local-dir x"),
    "USE_REVISION": row("org/m -b main", "org/m --revision main"),
    "USE_VERSION": row("org/m -V", "--version"),
    "WHOLE_REPO": row("org/m -r", "org/m --revision main"),
    "SHARD_LIKE": row("org/m --shard x", "org/m --shard 2/8"),
    # Lists and lock files.
    "ADD_TO_LOCK": row("lock --update data/d", "lock datasets/data/d", first="lock org/m"),
    "BESIDE_LIST": row(
        "-i list.txt",
        "--json -i list2.txt",
        files={"list.txt": "org/m --json\n", "list2.txt": "org/m\n"},
    ),
    "CHECK_LIST_NAME": row("-i other.txt", "-i list.txt", files=_MODEL_LIST),
    "FILES_OR_REPOS": row(
        "{hub}/org/m {hub}/org/s c.json",
        "org/m c.json",
        "org/m org/s",
        "-i list.txt",
        files={"list.txt": "org/m c.json\norg/s\n"},
    ),
    "LOCK_ANEW": _lock_anew,
    "LOCK_OR_UPDATE": row("lock", "lock org/m", "lock --update"),
    "LOCK_WITH_OTHERS": row(
        "lock --update --include '*.txt'", "lock org/m --include '*.txt'", first="lock org/m"
    ),
    "MAKE_LOCK_FILE": row("sync", "lock org/m", "sync"),
    "NO_FOLDER_OR_LIST": row(
        "org/m org/s --local-dir x",
        "org/m org/s",
        "-i list.txt",
        files={"list.txt": "org/m --local-dir x\nnew/m --local-dir y\n"},
    ),
    # What is chosen.
    "CHOOSE_OTHERS": row("org/m w.bin --safe-only", "org/m c.json --safe-only", "org/m w.bin"),
    "LEAVE_QUANT_OUT": row(
        "org/s --weights safetensors --quant fp16", "org/s --weights safetensors"
    ),
    "LEAVE_REPO_TYPE_OUT": row("datasets/data/d --repo-type model", "datasets/data/d"),
    "LEAVE_WEIGHTS_OUT": row("new/m --weights safetensors", "new/m"),
    "LIST_REPO": row("org/m zzz.qqq", "ls org/m"),
    "RATE_LIKE": row(
        "org/m --limit-rate x", *(f"org/m --limit-rate {one}" for one in ("500k", "20M", "1.5G"))
    ),
    "NAME_RATE_FILE": row(
        "org/m --limit-rate @no.txt", "org/m --limit-rate @rate.txt", files={"rate.txt": "9M"}
    ),
    # Tokens and settings.
    "CHECK_ENV_FILE": row("org/m --env-file no", "org/m --env-file e", files={"e": "HF_TOKEN=\n"}),
    "CHECK_TOKEN_FILE": row("org/p --token-file no", "org/p --token-file t", files={"t": _TOKEN}),
    "GIVE_TOKEN": row("org/p", f"HF_TOKEN={_TOKEN} org/p", f"org/p --token {_TOKEN}"),
    "LEAVE_TOKEN_OUT": row("org/m --token not-one-of-them", "org/m"),
    "LEAVE_NO_TOKEN_OUT": row(f"HF_TOKEN={_TOKEN} org/p --no-token", f"HF_TOKEN={_TOKEN} org/p"),
    "ONE_CREDENTIAL": row("org/m --token x --endpoint http://u:p@127.0.0.1:9", "org/m"),
    "ONE_ENDPOINT_EACH": row(
        "org/m --endpoint {hub},{hub}/", "org/m --endpoint {hub}", "HFGET_MIRRORS={hub} org/m"
    ),
    "PASS_AS_TOKEN": row(f"hf_{'x' * 34}", f"HF_TOKEN={_TOKEN} org/p", f"org/p --token {_TOKEN}"),
    "GIVE_TOKEN_FILE": _no_stdin,
    "LET_HF_EXCHANGE": row("HF_OIDC_RESOURCE=x org/p", f"HF_TOKEN={_TOKEN} org/p"),
    "LOG_IN": row(
        "HF_TOKEN_PATH=login HFGET_TOKEN_ORIGINS={hub} org/p",
        f"HF_TOKEN={_TOKEN} org/p",
        files={"login": "a b c"},
    ),
    "LOG_IN_WITH_HF": row("login", f"HF_TOKEN={_TOKEN} org/p"),
    "HUB_BELOW_PATH": _hub_below_path,
    "NAME_REVISION": row("{hub}/org/m/tree/no/branch", "org/m --revision main"),
    # Folders and caches.
    "FOLDER_FOR_HARDLINK": row(
        "org/m --cache --hardlink",
        "org/m --hardlink",
        "org/m --hardlink --local-dir x --cache-dir c",
    ),
    "MOVE_AWAY_OR_FORCE": row("org/m", "org/m --force", files={"m/d.txt": "mine"}),
    "NAME_DOWNLOAD_FOLDER": row("verify home", "org/m --local-dir m", "verify m"),
    "OTHER_FOLDER_OR_YES": row(
        "org/m --local-dir x",
        "org/m --local-dir y",
        "org/m --local-dir x --yes",
        files={"x/.git/HEAD": ""},
    ),
    # A server.
    "ANY_PORT": row("serve . --port 99999", "serve --help"),
}
