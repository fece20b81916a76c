"""The embedded hub: folders of this machine offered through the Hub's read protocol.

`store` knows what is on disk, `app` speaks HTTP about it. It needs the extra `hfget[serve]`.
"""
