"""Lock files: what they say, how they are written, and folders made as they say."""
