"""The parser of the four-byte ultrasonic family finds every frame, in pieces of any size, between noise, and slides one byte at a bad one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.drivers.ultrasonic_ff4 import MODELS, parser


def frame(number: int, header_counts: bool = True) -> bytes:
    high, low = divmod(number, 256)
    return bytes([0xFF, high, low, (high + low + (0xFF if header_counts else 0)) & 0xFF])


def numbers_of(frames: list[bytes]) -> list[int]:
    return [high << 8 | low for _, high, low, _ in frames]


@pytest.mark.parametrize("model", sorted(MODELS))
@given(
    numbers=st.lists(st.integers(0, 0x7FFF), min_size=1, max_size=6),
    noise=st.lists(st.binary(max_size=3).map(lambda b: b.replace(b"\xff", b"\x00")), min_size=6, max_size=6),
    cuts=st.lists(st.integers(1, 5), min_size=60, max_size=60),
)
def test_frames_are_found_between_noise_however_the_bytes_are_cut(model: str, numbers: list[int], noise: list[bytes], cuts: list[int]) -> None:
    data = b"".join(before + frame(number, MODELS[model].header_counts) for before, number in zip(noise, numbers, strict=False))
    frames, found = parser(MODELS[model]), []
    for cut in cuts:
        found += numbers_of(frames.feed(data[:cut]))
        data = data[cut:]
    assert found == numbers


@given(st.binary(max_size=300))
def test_any_bytes_are_survived_and_nothing_is_kept_for_long(data: bytes) -> None:
    frames = parser(MODELS["a02yyuw"])
    for found in frames.feed(data):
        assert found in data
    assert 1 <= frames.missing <= 4
    assert frames.held == 4 - frames.missing


def test_it_slides_one_byte_at_a_bad_window() -> None:
    for position in range(4):
        broken = bytearray(frame(1234))
        broken[position] ^= 0x01
        assert numbers_of(parser(MODELS["a02yyuw"]).feed(bytes(broken) + frame(1953))) == [1953]
        assert numbers_of(parser(MODELS["a02yyuw"]).feed(frame(1234)[: position + 1] + frame(1953)))[-1] == 1953
