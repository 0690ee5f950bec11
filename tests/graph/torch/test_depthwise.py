import pytest

torch = pytest.importorskip("torch")

from posetune.graph.torch import depthwise
from posetune.graph.torch.depthwise import DepthwiseConv2d


@pytest.mark.parametrize(
    ("channels", "size", "kernel", "stride", "padding"),
    [
        (33, 9, 3, 1, 1),
        (40, 11, 5, 2, 2),
        (16, 8, 3, 2, 0),
        (40, 8, 5, 1, 2),
        (16, 16, 5, 1, 2),
        (18, 2, 3, 1, 1),
        (20, 10, 7, 2, 3),
        (17, 6, 1, 1, 0),
    ],
)
@pytest.mark.parametrize("compiled", [True, False])
def test_gradients_are_torchs_own(channels, size, kernel, stride, padding, compiled, monkeypatch):
    if compiled:
        pytest.importorskip("numba")
    else:
        monkeypatch.setattr(depthwise, "_compiled", lambda: None)
    g = torch.Generator().manual_seed(0)
    x = torch.randn(3, channels, size, size, generator=g).contiguous(memory_format=torch.channels_last).requires_grad_()
    weight = torch.randn(channels, 1, kernel, kernel, generator=g).requires_grad_()
    expected = torch.nn.functional.conv2d(x, weight, None, stride, padding, groups=channels)
    grad = torch.randn(expected.shape, generator=g)
    wanted = torch.autograd.grad(expected, (x, weight), grad)
    ours = DepthwiseConv2d.apply(x, weight, (stride, stride), (padding, padding))
    torch.testing.assert_close(ours, expected)
    for mine, theirs in zip(torch.autograd.grad(ours, (x, weight), grad), wanted, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-4)
