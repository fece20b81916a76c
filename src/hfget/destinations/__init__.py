"""Where files end, and what is recorded of them.

A *destination* is a plain folder or the Hub cache. A *placement* says where a file of a listing
lands and what is there already; a *holding* is what a place has of one repo. A *record* is
huggingface_hub's or hfget's note of what was downloaded; a path is *safe* if it stays below the
folder on every system.
"""

from __future__ import annotations

from hfget.destinations.cautions import risky_names, risky_place
from hfget.destinations.choose import cache_beside, choose_layout
from hfget.destinations.disk_names import unfit_placement
from hfget.destinations.hub_cache.cache_holdings import cache_holdings, repo_folders
from hfget.destinations.hub_cache.cache_paths import linked_blob
from hfget.destinations.hub_cache.cached_snapshot import CachedSnapshot
from hfget.destinations.hub_cache.symlinks import possible as can_link
from hfget.destinations.layout import Layout, Placement
from hfget.destinations.listing_origins import RecordedListing, differences
from hfget.destinations.local_dir.occupants import Occupants, RepoName
from hfget.destinations.local_dir.other_downloaders import aria2c_pieces
from hfget.destinations.local_holdings import (
    LocalHolding,
    PartialStore,
    cached_partials,
    folder_holdings,
    folder_partials,
)
from hfget.destinations.owners import Owners
from hfget.destinations.path_rules import is_repo_folder
from hfget.destinations.record_codec import (
    read_metadata,
    read_tree,
    recorded_file,
    recorded_paths,
    was_recorded_since,
)
from hfget.destinations.record_files import LOG_NAME, RECORDS
from hfget.destinations.record_log import RecordLog
from hfget.destinations.safe_paths import check_hostile, destination
from hfget.destinations.wanted_files import RECORD_NAME, Home, Wanted, read_wanted
from hfget.destinations.withdrawal import withdraw_in_cache, withdraw_in_folder

__all__ = [
    "LOG_NAME",
    "RECORDS",
    "RECORD_NAME",
    "CachedSnapshot",
    "Home",
    "Layout",
    "LocalHolding",
    "Occupants",
    "Owners",
    "PartialStore",
    "Placement",
    "RecordLog",
    "RecordedListing",
    "RepoName",
    "Wanted",
    "aria2c_pieces",
    "cache_beside",
    "cache_holdings",
    "cached_partials",
    "can_link",
    "check_hostile",
    "choose_layout",
    "destination",
    "differences",
    "folder_holdings",
    "folder_partials",
    "is_repo_folder",
    "linked_blob",
    "read_metadata",
    "read_tree",
    "read_wanted",
    "recorded_file",
    "recorded_paths",
    "repo_folders",
    "risky_names",
    "risky_place",
    "unfit_placement",
    "was_recorded_since",
    "withdraw_in_cache",
    "withdraw_in_folder",
]
