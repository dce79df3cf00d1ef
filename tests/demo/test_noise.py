"""The demo's walks: any stretch is a part of the whole."""

import numpy as np

from etl.demo.noise import Shape, seed_of, walk


def test_any_stretch_of_a_walk_repeats_the_longer_one() -> None:
    """A value depends on the seed and the step only, not on what is asked for around it."""
    shape = Shape(top=20, stress=(4, 9))
    whole, unrest = walk(seed_of("any"), 5_000, 9_000, shape)
    part, part_unrest = walk(seed_of("any"), 6_111, 6_222, shape)
    assert np.array_equal(part, whole[1_111:1_223])
    assert np.array_equal(part_unrest, unrest[1_111:1_223])
