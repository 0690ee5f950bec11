"""A detector that is not stock's, made in a moment."""

from __future__ import annotations

from posetune import stock
from posetune.graph.flatbuffer import Graph


def another_detector() -> bytes:
    """Stock's with all layers moved a little, and surer of everybody, in the form of a tuned one."""
    import torch

    from posetune.graph.torch.network import Network, with_shared_biases
    from posetune.tune.detector.trainer import heads_of, with_fixed_box

    content = stock.path("detector").read_bytes()
    network = Network(Graph(content))
    torch.manual_seed(0)
    with torch.no_grad():
        for _, module in network.convolutions():
            module.weight.mul_(1 + 0.01 * torch.randn_like(module.weight))
        for module in heads_of(network)[1].values():
            module.bias += 1.0
    return with_shared_biases(with_fixed_box(network), Graph(content)).write_to(Graph(content)).to_bytes()
