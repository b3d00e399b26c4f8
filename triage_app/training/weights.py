"""Starting weights: copied layer by layer, by name, from a local Keras file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from triage_app.training.data import CLASSES
from triage_app.training.errors import WeightsMismatch, WeightsUnreadable

_FIRST_EDITION = ("akiec", "bcc", "bkl", "df", "mel", "nv", "vasc")


def copy_by_name(source: keras.Model, target: keras.Model, *, head: bool = False) -> list[str]:
    """Copy the weights of every layer that both models have; return the names copied.

    Raises WeightsMismatch where a shared name holds other shapes, or where nothing matches.
    The head ("logits") is left as it is, unless asked for: ImageNet's classes are others.
    """
    ours = {layer.name: layer for layer in target.layers if layer.weights}
    copied: list[str] = []
    for layer in source.layers:
        if layer.name not in ours or (layer.name == "logits" and not head):
            continue
        values = layer.get_weights()
        if layer.name == "logits" and values[0].shape[1] == len(_FIRST_EDITION):
            values = _grown(values)
        shapes = [tuple(w.shape) for w in ours[layer.name].weights]
        if shapes != [v.shape for v in values]:
            raise WeightsMismatch(
                f"Layer {layer.name} holds {shapes} in the network and "
                f"{[v.shape for v in values]} in the file. Choose weights of the same width."
            )
        ours[layer.name].set_weights(values)
        copied.append(layer.name)
    missing = sorted(set(ours) - set(copied) - (set() if head else {"logits"}))
    if missing:
        raise WeightsMismatch(f"The file has no weights for {', '.join(missing[:5])}.")
    return copied


def _grown(values: list[NDArray[Any]]) -> list[NDArray[Any]]:
    """The head of the seven diagnoses of the first edition for those of today.

    A diagnosis that it did not know starts between actinic keratosis and basal cell carcinoma,
    where the first edition's network put squamous cell carcinomas.
    """
    columns = [
        [_FIRST_EDITION.index(name)] if name in _FIRST_EDITION else [0, 1] for name in CLASSES
    ]
    return [np.stack([v[..., c].mean(axis=-1) for c in columns], axis=-1) for v in values]


def load_pretrained(target: keras.Model, path: Path, *, head: bool = False) -> list[str]:
    """Copy a local .keras file's weights into ``target``, the head only if asked for.

    Raises WeightsUnreadable, WeightsMismatch.
    """
    return copy_by_name(read_model(path), target, head=head)


def read_model(path: Path) -> keras.Model:
    """The uncompiled model of a .keras file; raises WeightsUnreadable."""
    try:
        return keras.saving.load_model(path, compile=False)
    except (OSError, ValueError) as fault:
        raise WeightsUnreadable(path.name, _first_line(fault)) from fault


def _first_line(fault: Exception) -> str:
    return str(fault).strip().partition("\n")[0]
