"""What the machine computes quickly: a run picks its precision by it, and may go on elsewhere."""

from __future__ import annotations

import os
import re
from importlib import import_module
from pathlib import Path

import keras

_CPUINFO = Path("/proc/cpuinfo")
# Names of oneDNN's instruction sets that bfloat16 kernels exist for.
_WITH_BFLOAT16 = re.compile(r"BF16|FP16|AMX|DEFAULT|ALL")


def computes_in_bfloat16() -> bool:
    """Whether bfloat16 is worth it: on an accelerator, or a processor with instructions for it.

    Elsewhere it is emulated, far more slowly than float32 is computed, or refused by oneDNN.
    """
    return _has_accelerator() or processor_has_bfloat16()


def processor_has_bfloat16(cpuinfo: Path = _CPUINFO) -> bool:
    """Whether the processor has it, as far as oneDNN may use it (ONEDNN_MAX_CPU_ISA)."""
    allowed = os.environ.get("ONEDNN_MAX_CPU_ISA", "DEFAULT").upper()
    if not _WITH_BFLOAT16.search(allowed) or not cpuinfo.exists():
        return False
    flags = cpuinfo.read_text(encoding="ascii", errors="replace")
    return "avx512_bf16" in flags or "amx_bf16" in flags


def _has_accelerator() -> bool:
    backend = keras.backend.backend()
    library = import_module(backend)
    if backend == "torch":
        return bool(library.cuda.is_available())
    if backend == "jax":
        return bool(library.default_backend() != "cpu")
    return bool(library.config.list_physical_devices("GPU"))
