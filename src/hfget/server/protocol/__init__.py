"""What the Hub's protocol answers about repos, and who may ask; it knows no connection."""
