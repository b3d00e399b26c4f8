"""Whether a run may compute in bfloat16, by what the processor says of itself."""

from pathlib import Path

import pytest

from triage_app.training.processor import processor_has_bfloat16


@pytest.mark.parametrize(
    ("flags", "allowed", "can"),
    [
        ("avx2 avx512bw avx512_bf16", None, True),
        ("avx2 avx512bw amx_bf16 amx_tile", None, True),
        ("avx2 avx512bw", None, False),
        ("avx2", None, False),
        ("avx512_bf16", "AVX2", False),
        ("avx512_bf16", "SSE41", False),
        ("avx512_bf16", "AVX512_CORE_BF16", True),
        ("avx512_bf16", "default", True),
    ],
)
def test_bfloat16_is_used_where_the_processor_has_it_and_may_use_it(
    flags: str,
    allowed: str | None,
    can: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("ONEDNN_MAX_CPU_ISA", raising=False)
    if allowed:
        monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", allowed)
    (tmp_path / "cpuinfo").write_text(f"flags : {flags}\n")
    assert processor_has_bfloat16(tmp_path / "cpuinfo") is can


def test_a_system_that_tells_nothing_of_its_processor_gets_float32(tmp_path: Path) -> None:
    assert not processor_has_bfloat16(tmp_path / "nowhere")
