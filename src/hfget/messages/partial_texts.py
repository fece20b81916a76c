"""What `partial` says."""

from __future__ import annotations

from hfget.messages.template import Text

REPLACED = Text("{data_path} was replaced or linked to while it was being written")
READING_BACK = Text("reading back")
