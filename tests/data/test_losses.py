"""What is lost is counted."""

from posetune.data.losses import Loss, Losses, added_up


def test_equal_losses_are_added_up_and_a_few_are_named():
    losses = Losses()
    for name in "abcde":
        losses.add("images", "are missing", 1, [name])
    losses.add("points", "nothing", 0)
    (loss,) = losses.listed()
    assert str(loss) == "5 images: are missing (a, b, c and 2 more)"
    assert added_up([loss, loss])[0] == Loss("images", 10, "are missing", ("a", "b", "c"))
    assert loss.to_json()["count"] == 5
