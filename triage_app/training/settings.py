"""Everything a training run depends on besides the data: written into its record."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from triage_app.training.augment import AugmentSettings


@dataclass(frozen=True)
class Stage:
    """Epochs at one image side, training the head only or every layer."""

    name: str
    size: int
    epochs: int
    head_only: bool = False


DEFAULT_STAGES: tuple[Stage, ...] = (
    Stage("head", 128, 1, head_only=True),
    Stage("all-128", 128, 8),
    Stage("all-192", 192, 4),
    Stage("all-224", 224, 6),
)


@dataclass(frozen=True)
class TrainSettings:
    """Settings of a run. Rates are per step; ``average`` is the decay of the weight average.

    ``twins`` images of each batch, an eighth of it at most, are shown twice, in two views or in
    their two colourings, and
    ``consistency`` weighs how far the logits of the two may lie apart; ``teacher_share`` is the
    part of the target that comes from the teachers' soft labels.
    """

    architecture: str = "mobilenet_v1"
    width: float = 1.0
    dropout: float = 0.2
    seed: int = 20
    batch: int = 32
    head_rate: float = 1e-3
    peak_rate: float = 1e-3
    warmup_steps: int = 300
    weight_decay: float = 0.02
    clip_norm: float = 2.0
    label_smoothing: float = 0.04
    twins: int = 4
    consistency: float = 0.5
    teacher_share: float = 0.0
    sampling_power: float = 0.5
    average: float = 0.999
    norm_momentum: float = 0.99
    mixed: bool = True
    checkpoint_seconds: float = 180.0
    stages: tuple[Stage, ...] = DEFAULT_STAGES
    augment: AugmentSettings = field(default_factory=AugmentSettings)

    @property
    def twins_a_batch(self) -> int:
        """How many images of a batch are shown twice."""
        return min(self.twins, self.batch // 8)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for the run record."""
        return asdict(self)

    def identity(self) -> dict[str, Any]:
        """What a checkpoint must share with the run that resumes it; the schedule may change."""
        keys = (
            "architecture",
            "width",
            "seed",
            "batch",
            "sampling_power",
            "twins",
            "consistency",
            "teacher_share",
        )
        values = self.as_dict()
        return {key: values[key] for key in keys}
