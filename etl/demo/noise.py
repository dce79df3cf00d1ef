"""
Repeatable random walks for the demo: each value is a function of (seed, step) alone.

A walk is a Brownian motion by Lévy's construction: fixed points far apart, then midpoint after midpoint with
displacements that are hashes of (seed, level, index). So any stretch can be made alone, at a cost of its length, a
longer one repeats a shorter one to the bit, and what was once served never changes. Spells of unrest (`stress`) scale
the displacements, so that calm and wild weeks cluster as they do in markets.
"""

import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_GOLDEN = 0x9E3779B97F4A7C15
_MASK = 0xFFFFFFFFFFFFFFFF
_STRESS_SIZE = 0.27  # of one level's bump; seven levels give a standard deviation near 0.4


@dataclass(frozen=True, slots=True)
class Shape:
    """
    What a walk looks like; levels are powers of two of one step.

    Points at multiples of 2**top stand at `spread` times a normal draw, levels from top - 1 down to `floor` displace
    the midpoints (unit variance per step), below that the line is straight. `stress` is the span of levels whose bumps
    scale the displacements; None is a steady walk.
    """

    top: int
    floor: int = 0
    spread: float = 0.0
    stress: tuple[int, int] | None = None


def seed_of(name: str) -> int:
    """A seed from a name, the same on every machine."""
    return zlib.crc32(name.encode()) * 0x1_0000_0001


def hashes(seed: int, level: int, index: Integers) -> NDArray[np.uint64]:
    """64 well-mixed bits for each index (splitmix64)."""
    start = np.uint64((seed * _GOLDEN + level * 0xD1B54A32D192ED03) & _MASK)
    bits = index.astype(np.uint64) * np.uint64(_GOLDEN) + start
    bits ^= bits >> np.uint64(30)
    bits *= np.uint64(0xBF58476D1CE4E5B9)
    bits ^= bits >> np.uint64(27)
    bits *= np.uint64(0x94D049BB133111EB)
    bits ^= bits >> np.uint64(31)
    return bits


def shares(seed: int, index: Integers) -> tuple[Floats, Floats, Floats, Floats]:
    """Four independent draws in [0, 1) for each index."""
    bits = hashes(seed, 63, index)
    lanes = [((bits >> np.uint64(shift)) & np.uint64(0xFFFF)).astype(np.float64) / 65536 for shift in (0, 16, 32, 48)]
    return lanes[0], lanes[1], lanes[2], lanes[3]


def normals(seed: int, level: int, index: Integers) -> Floats:
    """A nearly normal draw for each index: the sum of four uniforms, scaled to mean 0 and variance 1."""
    lanes = hashes(seed, level, index).view(np.uint16)
    total = lanes[0::4].astype(np.float64)
    for lane in (1, 2, 3):
        total += lanes[lane::4]
    scaled: Floats = (total / 65536 - 2) * np.sqrt(3)
    return scaled


def walk(seed: int, first: int, last: int, shape: Shape) -> tuple[Floats, Floats]:
    """
    The walk and its stress at the steps first..last, both inclusive.

    Stress is a logarithm: exp(stress) is how much wilder than usual the walk is there.
    """
    low, high = first >> shape.top, -(-last >> shape.top)
    values = shape.spread * normals(seed, shape.top, np.arange(low, high + 1))
    stress = np.zeros_like(values)
    for level in range(shape.top - 1, -1, -1):
        odd = np.arange(2 * low + 1, 2 * high, 2)
        cut = slice((first >> level) - 2 * low, -(-last >> level) - 2 * low + 1)
        values = _doubled(values)
        if shape.stress:
            stress = _doubled(stress)
            if shape.stress[0] <= level <= shape.stress[1]:
                stress[1::2] += _STRESS_SIZE * normals(seed + 1, level, odd)
        if level >= shape.floor:
            step = np.sqrt(2.0**level / 2) * normals(seed, level, odd)
            values[1::2] += step * np.exp(stress[1::2]) if shape.stress else step
        values, stress = values[cut], stress[cut] if shape.stress else stress
        low, high = first >> level, -(-last >> level)
    return values, stress if shape.stress else np.zeros_like(values)


def _doubled(points: Floats) -> Floats:
    """The points with their midpoints between them."""
    wider = np.empty(2 * len(points) - 1)
    wider[0::2] = points
    wider[1::2] = (points[:-1] + points[1:]) / 2
    return wider
