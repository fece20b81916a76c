"""What `ui` says."""

from __future__ import annotations

from hfget.messages.template import Text

ASKING_HUB = Text("asking the hub")
GETTING_READY = Text("getting ready")
TO_DELETE = Text("to delete")
VERIFIED = Text("verified: {summary}")
