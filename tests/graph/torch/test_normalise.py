"""Batch norm put back: the same network, each channel with the scale that it has on real crops."""

import pytest

torch = pytest.importorskip("torch")

from posetune import stock
from posetune.errors import PosetuneError
from posetune.graph.flatbuffer import Graph
from posetune.graph.torch.network import Network
from posetune.graph.torch.normalise import normalise


def test_the_network_computes_what_it_did_and_channels_have_mean_0_and_deviation_1():
    network = Network(Graph.read(stock.path("lite")))
    name, module = next((n, m) for n, m in network.convolutions() if not m.depthwise)
    images = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    images = torch.nn.functional.interpolate(images, 256)
    seen = []
    with torch.no_grad():
        before = network(images, (0,))[0]
        normalise(network, [images[:1], images[1:]], [name], (0,))
        hook = module.register_forward_hook(
            lambda m, arguments, _: seen.append(m.convolve(arguments[0], *m.effective()))
        )
        torch.testing.assert_close(network(images, (0,))[0], before, atol=2e-3, rtol=1e-4)
        hook.remove()
    scaled = (seen[0] - module.mean.view(1, -1, 1, 1)) / module.std.view(1, -1, 1, 1)
    assert float(scaled.mean((0, 2, 3)).abs().max()) < 1e-3
    assert float(scaled.std((0, 2, 3)).max()) == pytest.approx(1, abs=0.01)
    assert torch.equal(module.gain, torch.ones_like(module.gain))


def test_without_images_nothing_is_measured():
    network = Network(Graph.read(stock.path("lite")))
    with pytest.raises(PosetuneError, match="No images"):
        normalise(network, [], [next(network.convolutions())[0]], (0,))
