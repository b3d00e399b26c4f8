"""References that look the same are one patient; those stored as several wait for a person.

Until now an invisible character, another kind of hyphen or a digit of another width made another
patient. Every key is built anew as the program builds it now. Where the keys of several patients
become one, nothing is merged: one of them keeps the plain key, the one that has it already or that
is oldest, and the others get a key of their own behind it and are listed, for somebody to say
whether they are the same. What was typed stays as it was: the trail vouches for it.

Revision ID: 0008
Revises: 0007
"""

import re
import unicodedata
from collections import defaultdict

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

APART = "\x1f"
# A reference is listed as long as anything is stored under it.
GONE = (
    "DELETE FROM known_references WHERE patient_key = old.patient_key"
    " AND NOT EXISTS (SELECT 1 FROM cases WHERE patient_key = old.patient_key)"
    " AND NOT EXISTS (SELECT 1 FROM patients WHERE patient_key = old.patient_key);"
)
KEYS = "SELECT patient_key FROM cases UNION SELECT patient_key FROM patients"
OLDEST = (
    "SELECT (SELECT min(created_at) FROM cases WHERE patient_key = :key) IS NULL,"
    " (SELECT min(created_at) FROM cases WHERE patient_key = :key)"
)


def upgrade() -> None:
    """List all references, give each its key, and keep apart what was apart."""
    op.create_table(
        "known_references",
        sa.Column("patient_key", sa.Text(), nullable=False),
        sa.Column("bare", sa.Text(), nullable=False),
        sa.Column("joined", sa.Text(), nullable=False),
        sa.Column("same_as", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("patient_key", name="pk_known_references"),
    )
    connection = op.get_bind()
    groups: dict[str, list[str]] = defaultdict(list)
    for key in connection.exec_driver_sql(KEYS).scalars():
        if key:
            groups[reference_key(key)].append(key)
    for plain, keys in groups.items():
        home = _home(connection, plain, keys)
        for key in sorted(keys):
            if key != home:
                _list(connection, key, plain + APART + key, plain)
        if home:
            _list(connection, home, plain, None)
    for column in ("bare", "joined"):
        op.create_index(f"ix_known_references_{column}", "known_references", [column])
    waiting = sa.text("same_as IS NOT NULL")
    op.create_index(
        "ix_known_references_same_as", "known_references", ["same_as"], sqlite_where=waiting
    )
    for table in ("cases", "patients"):
        for name, event in (("erased", "DELETE"), ("moved", "UPDATE OF patient_key")):
            op.execute(
                f"CREATE TRIGGER {table}_reference_{name} AFTER {event} ON {table} BEGIN {GONE} END"
            )


def downgrade() -> None:
    """Refused."""
    raise NotImplementedError("the program before this revision is not supported; restore a backup")


def _home(connection: sa.Connection, plain: str, keys: list[str]) -> str:
    """The key of the patient who keeps the plain one; none where nothing of it can be seen."""
    if not plain:
        return ""
    if plain in keys or len(keys) == 1:
        return plain if plain in keys else keys[0]
    query = sa.text(OLDEST)
    return min(
        keys, key=lambda key: (*map(str, connection.execute(query, {"key": key}).one()), key)
    )


def _list(connection: sa.Connection, old: str, new: str, same_as: str | None) -> None:
    if old != new:
        for table in ("cases", "patients"):
            key = sa.column("patient_key")
            change = sa.update(sa.table(table, key)).where(key == old).values(patient_key=new)
            connection.execute(change)
    bare, joined = likeness(new.partition(APART)[0] or old)
    add = sa.text("INSERT INTO known_references VALUES (:key, :bare, :joined, :same_as)")
    connection.execute(add, {"key": new, "bare": bare, "joined": joined, "same_as": same_as})


# What follows is how the program does it today; kept here so that this revision never changes.

SAME_LETTER = (
    *("<wide>", "<narrow>", "<font>", "<noBreak>"),
    *("<initial>", "<medial>", "<final>", "<isolated>"),
)
HYPHENS = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2043\u2212\ufe63"), "-")
INVISIBLE = frozenset(
    (
        *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2065, 0x3164, 0xFFA0),
        *(*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xFFF0, 0xFFF9)),
        *range(0xE0000, 0xE1000),
    )
)
DRAWN = frozenset(
    (
        *(0x06DD, 0x070F, 0x08E2, 0x110BD, 0x110CD),
        *(*range(0x0600, 0x0606), *range(0x0890, 0x0892), *range(0x13430, 0x13440)),
    )
)
DRAWN_ALIKE = str.maketrans(
    {
        **dict(zip("авекмнорстухѕіјһԁԛԝӏ", "abekmhopctyxsijhdqwl", strict=True)),
        **dict(zip("αβεζηικμνορτυχϲ", "abezhikmnoptyxc", strict=True)),
        **dict(zip("օսıɑɡ", "ouiag", strict=True)),
    }
)


def reference_key(reference: str) -> str:
    """What patients are told apart by."""
    return fold(normalise(reference))


def fold(text: str) -> str:
    """NFC and without case."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def normalise(text: str) -> str:
    """The one spelling of what looks the same."""
    plain = "".join(map(_plain, text)).translate(HYPHENS).replace("\u2800", " ")
    seen = "".join(character for character in plain if not _is_invisible(character))
    return " ".join(unicodedata.normalize("NFC", seen).split())


def likeness(reference: str) -> tuple[str, str]:
    """Two forms; references that agree in one may be mistaken."""
    folded = unicodedata.normalize("NFKC", reference_key(reference)).casefold()
    folded = folded.translate(DRAWN_ALIKE)
    digits = "".join(map(_digit, unicodedata.normalize("NFC", folded)))
    grouped = "".join(" " if _is_separator(c) else c for c in digits)
    bare = _without_zeros(grouped).replace(" ", "")
    return (bare, _without_zeros(grouped.replace(" ", ""))) if bare else (digits, digits)


def _plain(character: str) -> str:
    if unicodedata.decomposition(character).partition(" ")[0] not in SAME_LETTER:
        return character
    plain = unicodedata.normalize("NFKC", character)
    return character if len(plain) > 1 and plain.startswith(" ") else plain


def _is_invisible(character: str) -> bool:
    if ord(character) in INVISIBLE:
        return True
    return unicodedata.category(character) == "Cf" and ord(character) not in DRAWN


def _is_separator(character: str) -> bool:
    kind = unicodedata.category(character)
    return kind[0] in "PZ" or kind in ("Sm", "Sk", "Cc")


def _digit(character: str) -> str:
    value = unicodedata.decimal(character, None)
    return character if value is None else str(value)


def _without_zeros(text: str) -> str:
    return re.sub(r"(?<![0-9])0+(?=[0-9])", "", text)
