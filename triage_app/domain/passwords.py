"""Which passwords are guessed first: words that everybody takes, rows of keys, repetitions.

ASVS 5.0, 6.2.4 and 6.2.11, without a list of leaked passwords: of those, nearly all that are long
enough here are made of these words, rows and repetitions.
"""

import re

MEANINGFUL = 4
"""Letters that must be left of a password once everything that is guessed first is taken out."""

WORDS = (
    "password", "passwort", "passphrase", "motdepasse", "contrasena", "parola", "secret", "admin",
    "administrator", "welcome", "willkommen", "letmein", "changeme", "default", "iloveyou",
    "sunshine", "princess", "football", "baseball", "dragon", "monkey", "master", "superman",
    "login", "user", "guest", "test", "temp", "hello", "hospital", "clinic", "doctor", "nurse",
    "patient", "triage", "dermoscopy", "dermatology", "dermatologist", "workstation", "clinician",
    "photographer", "auditor",
)  # fmt: skip
ROWS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop",
    "qwertzuiop",
    "azertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "yxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
)
SHORTEST_RUN = 4
LONGEST_PART = 8


def is_guessable(password: str, name: str) -> bool:
    """Whether the password holds the sign-in name, or little besides what is guessed first."""
    folded = password.casefold()
    if name.casefold() in folded or len(set(folded)) < 5 or _repeats(folded):
        return True
    rest = _without_runs(folded)
    # Longer words first, so that "admin" leaves nothing of "administrator" behind.
    for word in sorted(WORDS, key=len, reverse=True):
        rest = rest.replace(word, " ")
    return len(re.sub(r"[\W\d_]", "", rest)) < MEANINGFUL


def _repeats(folded: str) -> bool:
    """One short part over and over, as in "bluebluebluebl"."""
    length = len(folded)
    return any(folded == (folded[:n] * length)[:length] for n in range(1, LONGEST_PART + 1))


def _without_runs(folded: str) -> str:
    """Without pieces of the alphabet, the digits and the rows of a keyboard, either way round."""
    for row in (*ROWS, *(row[::-1] for row in ROWS)):
        for length in range(len(row), SHORTEST_RUN - 1, -1):
            for start in range(len(row) - length + 1):
                folded = folded.replace(row[start : start + length], " ")
    return folded
