"""What can go wrong in training, one class per cause, each saying what to do."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from triage_app.domain.errors import TriageError


class TrainingError(TriageError):
    """Root of every fault that the training commands report without a traceback."""


class UnknownArchitecture(TrainingError):
    """The architecture asked for doesn't exist."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(f"No architecture is called {name!r}. Choose one of {', '.join(known)}.")


class LabelsUnreadable(TrainingError):
    """The tables of labels name no photograph, or no diagnosis."""


class UnknownLabel(TrainingError):
    """A split, or all diagnoses, are none that the product knows."""


class ImageMissing(TrainingError):
    """A labelled image isn't in the folder, or can't be decoded."""


class LeakingLesion(TrainingError):
    """Photographs of one lesion stand in two splits, so figures would flatter the model."""

    def __init__(self, group: str, splits: Sequence[str]) -> None:
        super().__init__(
            f"Lesion {group!r} has images in the splits {' and '.join(splits)}. Put all images of "
            "a lesion into one split, otherwise the measured figures flatter the model."
        )


class SplitUnwritable(TrainingError):
    """The split that was made can't be written down."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(
            f"The split can't be written to {path}: {why}. Give that file as --labels to go on "
            "with it, or another place with --split-out."
        )


class WeightsMismatch(TrainingError):
    """The starting weights don't fit the architecture."""


class WeightsUnreadable(TrainingError):
    """A .keras file to start from, or to learn from, isn't there or is no model."""

    def __init__(self, name: str, why: object) -> None:
        super().__init__(
            f"The weights {name} can't be read ({why}). Give the path of a .keras file that a run "
            "or Keras wrote."
        )


class CheckpointUnusable(TrainingError):
    """The checkpoint is damaged or belongs to another run."""


class ExportFailed(TrainingError):
    """The model can't be turned into the file that serves."""


class NothingToMeasure(TrainingError):
    """No image of the split asked for."""

    def __init__(self, split: str) -> None:
        super().__init__(f"The labels hold no image of the split {split!r}. Choose another split.")


class NothingRepeated(TrainingError):
    """No two lesions of the split have two photographs that could be assessed."""

    def __init__(self, split: str) -> None:
        super().__init__(
            f"The split {split!r} holds fewer than two lesions with two photographs that could be "
            "assessed. Choose data in which lesions were photographed again."
        )


class ScheduleUnreadable(TrainingError):
    """The stages of a schedule can't be understood."""

    def __init__(self, part: str) -> None:
        super().__init__(
            f"The stage {part!r} isn't SIZE:EPOCHS or head:SIZE:EPOCHS with a size that is a "
            "multiple of 32, such as 128:8."
        )


class TeacherUnreadable(TrainingError):
    """A teacher isn't given as a file with the side in pixels that it was trained at."""

    def __init__(self, text: str) -> None:
        super().__init__(
            f"The teacher {text!r} isn't FILE:SIZE with a size in pixels that is a multiple of 32, "
            "such as first-run/model.keras:224."
        )


class FeaturesConstant(TrainingError):
    """The network answers alike to every image."""

    def __init__(self) -> None:
        super().__init__(
            "The network gives the same features for every training image, so it has learned "
            "nothing. Train it longer, or start from pretrained weights."
        )


class OthersUnreadable(TrainingError):
    """A folder of other pictures, or its table, that cannot be used."""

    def __init__(self, given: str) -> None:
        super().__init__(
            f"The pictures that are not dermoscopic can't be read from {given}. Give "
            "KIND=FOLDER, or KIND=FOLDER=TABLE with a CSV that has the columns image and split."
        )


class UnknownSource(TrainingError):
    """A source that the labels don't name."""

    def __init__(self, source: str, known: Sequence[str]) -> None:
        named = ", ".join(name or "(none)" for name in known)
        super().__init__(f"No image is from the source {source}. Give one of: {named}.")
