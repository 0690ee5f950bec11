"""Stock beside tuned, as one picture."""

import numpy as np

from posetune.measure.gallery import evenly
from posetune.measure.picture import side_by_side


def test_a_column_for_each_choice_with_label_stock_and_tuned(evaluation):
    scored = evaluation.scored["crop"]
    choices = evenly(scored["full"], scored["my-network"], 2)
    picture = side_by_side(evaluation.people, choices, scored["full"], scored["my-network"])
    assert picture.shape == (3 * (256 + 22), 256 * len(choices), 3)
    assert picture.dtype == np.uint8
    label, stock, tuned = np.split(picture, 3)
    np.testing.assert_array_equal(stock[22:], tuned[22:])  # the same network under another name
    assert not np.array_equal(label[22:], stock[22:])
