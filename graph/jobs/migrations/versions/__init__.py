"""One file per revision, oldest first by its number; released ones are never edited."""
