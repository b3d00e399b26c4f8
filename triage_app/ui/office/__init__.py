"""Pages of accounts, site, trail, statistics and privacy."""
