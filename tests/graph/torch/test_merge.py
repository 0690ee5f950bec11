"""Two networks made into one by what their layers read."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from posetune import stock
from posetune.graph.flatbuffer import Graph
from posetune.graph.torch.merge import between, input_moments
from posetune.graph.torch.network import Network

OUTPUTS = (0, 1, 3, 4)


@pytest.fixture(scope="module")
def lite():
    return Network(Graph.read(stock.path("lite"))).requires_grad_(False)


@pytest.fixture(scope="module")
def crops():
    return torch.rand(2, 3, 256, 256, generator=torch.Generator().manual_seed(0))


def layer(seed, shape):
    g = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=g), torch.randn(shape[0], generator=g)


def moments_of(rows):
    """(N, D) → the second moments of the rows with a 1 behind."""
    rows = torch.cat([rows, torch.ones_like(rows[:, :1])], 1).double()
    return rows.T @ rows / len(rows)


def test_a_change_is_kept_where_the_users_crops_read_and_taken_back_where_others_do():
    tuned, before = layer(0, (4, 6, 1, 1)), layer(1, (4, 6, 1, 1))
    g = torch.Generator().manual_seed(2)
    own, others = torch.randn(64, 6, generator=g), torch.randn(64, 6, generator=g)
    own[:, 3:], others[:, :3] = 0, 0  # each reads three channels of its own
    weight, _ = between((tuned[0], before[1]), before, (moments_of(own), moments_of(others)), 0.5)
    change = (tuned[0] - before[0]).abs().mean()
    assert (weight[:, :3] - tuned[0][:, :3]).abs().mean() < 0.15 * change
    assert (weight[:, 3:] - before[0][:, 3:]).abs().mean() < 0.15 * change


@pytest.mark.parametrize("shape", [(4, 6, 1, 1), (6, 1, 3, 3)], ids=["dense", "depthwise"])
def test_where_both_read_alike_it_is_the_straight_line(shape):
    tuned, before = layer(0, shape), layer(1, shape)
    moment = moments_of(torch.randn(99, int(np.prod(shape[1:])), generator=torch.Generator().manual_seed(3)))
    if shape[1] == 1:
        moment = moment.expand(shape[0], -1, -1)
    for share in (0.0, 0.25, 1.0):
        for mine, a, b in zip(between(tuned, before, (moment, moment), share), before, tuned, strict=True):
            torch.testing.assert_close(mine, a.lerp(b, share), rtol=1e-3, atol=1e-3)


def test_moments_are_those_of_what_layers_read(lite, crops):
    names = lite.convolutions_for(OUTPUTS)
    found = input_moments(lite, names, [crops[:1], crops[1:]], OUTPUTS)
    assert set(found) == set(names)
    for name, moment in found.items():
        module = lite.get_submodule(name)
        read = module.weight.shape[1:].numel() + 1
        assert moment.shape == ((module.weight.shape[0], read, read) if module.depthwise else (read, read))
        torch.testing.assert_close(moment, moment.transpose(-1, -2), rtol=1e-4, atol=1e-4)
        assert (moment[..., -1, -1] - 1).abs().max() < 1e-6  # of the bias
    head = lite.convolutions_for((0,))[-1]  # reads one place, so that its mean answer follows from its moments
    module = lite.get_submodule(head)
    mean = module.weight.flatten(1).double() @ found[head][-1, :-1] + module.bias.double()
    torch.testing.assert_close(mean, lite(crops, OUTPUTS)[0].double().mean(0), rtol=1e-3, atol=1e-2)
