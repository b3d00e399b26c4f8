"""The database itself: engine, transactions, migrations, copies."""
