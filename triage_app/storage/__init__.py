"""Cases in SQLite and images on disk; the only SQLAlchemy of the project."""
