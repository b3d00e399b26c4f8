"""Which files of the store a database names, read without the models: for backups of any age.

The queries are put together from the texts below alone.
"""

from pysqlite3 import dbapi2

_HAS_BATCHES = "SELECT 1 FROM {schema}.sqlite_master WHERE type = 'table' AND name = 'uploads'"
_OF_CASES = "SELECT id, sha256 FROM {schema}.stored_files"
_OF_BATCHES = " UNION ALL SELECT file_id, sha256 FROM {schema}.uploads WHERE file_id IS NOT NULL"
_ONE = "SELECT 1 FROM ({all}) WHERE id = ?"
_NEW = "SELECT * FROM ({all}) EXCEPT SELECT * FROM ({before})"


def named_files(connection: dbapi2.Connection, schema: str = "main") -> str:
    """Query for id and SHA-256 of every named file; before revision 0006 only cases named any."""
    query = _OF_CASES
    if connection.execute(_HAS_BATCHES.format(schema=schema)).fetchone() is not None:
        query += _OF_BATCHES
    return query.format(schema=schema)


def newly_named_files(connection: dbapi2.Connection, before: str) -> str:
    """The same for those that the attached database ``before`` does not name."""
    return _NEW.format(all=named_files(connection), before=named_files(connection, before))


def names_file(connection: dbapi2.Connection, file_id: str) -> bool:
    """Whether the database names a file."""
    query = _ONE.format(all=named_files(connection))
    return connection.execute(query, (file_id,)).fetchone() is not None
