import pytest

torch = pytest.importorskip("torch")

from posetune import stock
from posetune.graph.flatbuffer import Graph
from posetune.graph.torch.network import Network
from posetune.graph.torch.pointwise import PointwiseConv2d


@pytest.mark.parametrize("channels_last", [True, False])
@pytest.mark.parametrize("mkldnn", [True, False])
def test_result_and_gradients_are_torchs_own(channels_last, mkldnn, monkeypatch):
    if not mkldnn:
        monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    g = torch.Generator().manual_seed(0)
    layout = torch.channels_last if channels_last else torch.contiguous_format
    x = torch.randn(3, 20, 5, 7, generator=g).contiguous(memory_format=layout).requires_grad_()
    weight, bias = (
        torch.randn(12, 20, 1, 1, generator=g).requires_grad_(),
        torch.randn(12, generator=g).requires_grad_(),
    )
    expected = torch.nn.functional.conv2d(x, weight, bias)
    ours = PointwiseConv2d.apply(x, weight, bias)
    torch.testing.assert_close(ours, expected)
    with torch.no_grad():
        torch.testing.assert_close(PointwiseConv2d.apply(x, weight, bias), expected)
    grad = torch.randn(expected.shape, generator=g)
    wanted = torch.autograd.grad(expected, (x, weight, bias), grad)
    for mine, theirs in zip(torch.autograd.grad(ours, (x, weight, bias), grad), wanted, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-4)


def test_only_what_is_asked_for_is_computed():
    x, weight, bias = torch.randn(1, 4, 2, 2), torch.randn(3, 4, 1, 1), torch.randn(3).requires_grad_()
    PointwiseConv2d.apply(x, weight, bias).sum().backward()
    assert bias.grad.tolist() == [4.0, 4.0, 4.0]


def test_a_padded_layer_keeps_its_padding():
    network = Network(Graph(stock.path("lite").read_bytes()))
    layer = next(module for _, module in network.convolutions() if module.pointwise)
    layer.same, layer.extra_padding = False, (1, 1, 1, 1)
    x = torch.randn(1, layer.weight.shape[1], 4, 4)
    expected = layer.activate(torch.nn.functional.conv2d(x, layer.weight, layer.bias, padding=1))
    torch.testing.assert_close(layer(x), expected)
