"""The bench suite `encode`: it measures what it says, on tiny pictures."""

from __future__ import annotations

from pathlib import Path

from tools.bench.encode import rows
from tools.bench.rows import Options


def test_every_case_tells_speed_quality_and_size_beside_ffmpeg(tmp_path: Path) -> None:
    found = {(row.case, row.figure): row for row in rows(Options(tmp_path, quick=True), lambda what: None)}
    cases = {case for case, _ in found}
    assert cases == {f"{name}, 320 × 192" for name in ("mjpeg", "mjpeg, BT.709 left", "hap", "hap_q")}
    assert all(row.bar is None and row.value is not None for row in found.values())
    for case in cases:
        metric = "psnr" if "hap" in case else "ssim"
        ours, theirs = (found[case, f"{metric}, {whose}"].value for whose in ("ours", "ffmpeg's"))
        assert ours is not None
        assert theirs is not None
        assert ours > (35 if metric == "psnr" else 0.95)
        assert ours - theirs >= -1e-6
        size = found[case, "size, ours ÷ ffmpeg's"].value
        assert size is not None
        assert 0.9 < size <= 1.05
