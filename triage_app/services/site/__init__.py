"""What keeps a site running: backups, upkeep, start, safety, statistics."""
