"""Names of files and folders as they are shown: one line, no commands to a terminal, no guessing.

A name on a disk is bytes. Python gives those that are not UTF-8 as lone surrogates, which neither
a database nor JSON can hold; line breaks and escape sequences would make a name read as another
one, or as several.
"""

from pathlib import PurePath

_SHORT = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\\": "\\\\", "'": "\\'"}


def shown(name: str | PurePath) -> str:
    r"""The name on one line: as it is where that can be printed, else as bash would quote it.

    ``$'scan\xff.jpg'`` stands for a name with the byte 255, and can be pasted into a shell. A name
    that itself begins like this is quoted too, so that no two names are shown alike.
    """
    text = str(name)
    return text if text.isprintable() and not text.startswith("$'") else _quoted(text)


def as_text(name: str | PurePath) -> str:
    """The name as JSON and other text can hold it: itself if it is UTF-8, else as ``shown``."""
    text = str(name)
    return shown(text) if text.startswith("$'") or not is_text(text) else text


def spelled(sentence: str) -> str:
    """A sentence with whatever cannot be printed spelled out, so that no name in it can act."""
    return "".join(c if c.isprintable() else _spelled(c) for c in sentence)


def is_text(name: str) -> bool:
    """Whether a name, an argument or a setting is UTF-8."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _quoted(text: str) -> str:
    return f"$'{''.join(map(_spelled, text))}'"


def _spelled(character: str) -> str:
    code = ord(character)
    if character in _SHORT:
        return _SHORT[character]
    if character.isprintable():
        return character
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is not UTF-8, as Python passes it on
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
