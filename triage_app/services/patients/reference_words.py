"""References that may be mistaken, in sentences."""

from collections.abc import Sequence

from triage_app.domain.calendar import Zone
from triage_app.domain.references import KnownReference, mixed_alphabets, unusual


def told(known: KnownReference, zone: Zone) -> str:
    """A reference with how many images it has, the day of the last in ``zone``, and what of it
    cannot be seen."""
    parts = [known.reference]
    if known.images and known.last:
        count = "1 image" if known.images == 1 else f"{known.images} images"
        parts.append(f"{count}, the last on {zone.said_day_of(known.last)}")
    if known.waits:
        parts.append(f"looks the same, and holds {', '.join(unusual(known.reference))}")
    return "; ".join(parts)


def pointed_out(reference: str, alike: Sequence[KnownReference], zone: Zone) -> str:
    """What somebody who types a reference should know of it; empty for nothing."""
    said = []
    if alike:
        others = " · ".join(told(known, zone) for known in alike)
        said.append(f"Also stored: {others}. Check that this is not the same patient.")
    if mixed := mixed_alphabets(reference):
        said.append(
            f"{reference} mixes letters of several alphabets ({' and '.join(mixed)}), which may "
            "look the same."
        )
    return " ".join(said)
