"""Cases, accounts and the trail in SQLite, images on disk; the only SQLAlchemy of the project."""
