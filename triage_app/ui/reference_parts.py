"""References that may be mistaken, in words."""

from collections.abc import Sequence

from triage_app.domain.references import KnownReference, mixed_alphabets, unusual
from triage_app.ui import texts_references as words
from triage_app.ui.local import day


def told(known: KnownReference) -> str:
    """A reference with how many images it has, and what of it cannot be seen; plain text."""
    parts = [known.reference]
    if known.images and known.last:
        count = words.IMAGES.get(known.images, words.IMAGES_MANY.format(count=known.images))
        parts.append(words.LAST.format(count=count, day=day(known.last)))
    if known.waits:
        parts.append(words.HOLDS.format(characters=", ".join(unusual(known.reference))))
    return "; ".join(parts)


def pointed_out(reference: str, alike: Sequence[KnownReference]) -> str:
    """What somebody who types a reference should know of it; empty for nothing. Plain text."""
    said = []
    if alike:
        others = " · ".join(map(told, alike))
        said.append(words.ALIKE.format(others=others))
    if mixed := mixed_alphabets(reference):
        said.append(words.MIXED.format(alphabets=" and ".join(mixed)))
    return " ".join(said)
