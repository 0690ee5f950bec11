"""One convolution: its padding, its gradients by hand, and its weights as the file will hold them."""

import copy

import pytest

torch = pytest.importorskip("torch")

from posetune import stock
from posetune.graph.flatbuffer import Graph
from posetune.graph.torch.convolution import same_padding
from posetune.graph.torch.network import Network
from posetune.graph.torch.normalise import normalise


@pytest.fixture(scope="module")
def layers():
    """A dense and a depthwise convolution of the stock detector, with batch norm put back."""
    network = Network(Graph.read(stock.path("detector").read_bytes()))
    images = torch.rand(1, 3, 224, 224, generator=torch.Generator().manual_seed(0))
    names = [name for name, _ in network.convolutions()][:4]
    normalise(network, [images], names, (0, 1))
    found = [network.get_submodule(name) for name in names]
    return [next(layer for layer in found if layer.depthwise is depthwise) for depthwise in (False, True)]


def test_the_odd_pixel_of_same_is_behind():
    assert same_padding(224, 3, 2) == (0, 1)
    assert same_padding(7, 3, 1) == (1, 1)
    assert same_padding(8, 2, 2) == (0, 0)


def test_gradients_by_hand_are_those_of_autograd(layers):
    for layer in layers:
        weight, bias = layer.folded()
        towards = [torch.randn(t.shape, generator=torch.Generator().manual_seed(1)) for t in (weight, bias)]
        theirs = torch.autograd.grad([weight, bias], [layer.weight, layer.bias, layer.gain], towards)
        for mine, other in zip(layer.unfolded(*towards), theirs, strict=True):
            torch.testing.assert_close(mine, other, rtol=1e-4, atol=1e-4 * float(other.abs().max()))


def test_rounded_weights_are_those_of_the_file_and_still_learn(layers):
    layer = copy.deepcopy(layers[0])
    layer.round_fp16 = True
    weight, _ = layer.effective()
    assert torch.equal(weight, layer.folded()[0].to(torch.float16).float())
    weight.sum().backward()
    assert float(layer.weight.grad.abs().sum()) > 0
