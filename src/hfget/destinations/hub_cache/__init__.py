"""The Hub cache as the destination: blobs, snapshots, refs."""
