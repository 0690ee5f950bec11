import numpy as np
import pytest

torch = pytest.importorskip("torch")
import torch.nn.functional as F

from posetune.runtime.landmark_network import refine as refine_numpy
from posetune.tune.people.samples import Targets
from posetune.tune.training.losses import (
    LossConfig,
    Prediction,
    counted,
    gaussian_maps,
    losses,
    map_error,
    presence_error,
    refine,
    robust,
    z_in_px,
)


def prediction(batch=2, seed=0):
    g = torch.Generator().manual_seed(seed)
    points = torch.rand(batch, 39, 5, generator=g) * 200 + 20
    points[..., 3:] = torch.randn(batch, 39, 2, generator=g)
    heatmap = torch.randn(batch, 64, 64, 39, generator=g) * 2
    return Prediction(points, torch.rand(batch, 1, generator=g), heatmap, torch.randn(batch, 39, 3, generator=g) * 0.3)


def parts(predicted, stock, points, weight, visible=None, world=None, config=None):
    b = points.shape[0]
    visible = torch.full((b, 33), float("nan")) if visible is None else visible
    world = torch.full((b, 33, 3), float("nan")) if world is None else world
    result = losses(predicted, stock, Targets(points, weight, visible, world), 256, config or LossConfig())
    return {k: float(v) for k, v in result.items()}


def test_refinement_is_that_of_the_runtime():
    p = prediction()
    p.points[0, 3, :2] = torch.tensor([-3.0, 300.0])  # off the map
    refined, sure = refine(p.points[:, :33, :2], p.heatmap[..., :33], 256)
    assert sure.any()
    assert not sure.all()
    for i in range(2):
        expected = refine_numpy(p.points[i, :33].numpy(), p.heatmap[i, ..., :33].numpy(), 256)
        np.testing.assert_allclose(refined[i].numpy(), expected[:, :2], atol=2e-3)


def test_a_gaussian_at_the_label_is_read_back_as_the_label():
    target = torch.tensor([[[101.3, 77.7]]])
    maps = gaussian_maps(target, 256, 64, 1.6)
    logits = torch.logit(maps.clamp(1e-6, 1 - 1e-6))
    refined, sure = refine(target + 3, logits, 256)
    assert bool(sure.all())
    assert refined[0, 0].tolist() == pytest.approx([101.3, 77.7], abs=0.8)  # the window cuts its tails


def test_stock_itself_costs_nothing_where_nothing_is_labelled():
    p = prediction()
    cost = parts(p, p, torch.zeros(2, 33, 2), torch.zeros(2, 33))
    assert max(cost.values()) < 1e-5


def test_leaving_stock_costs_in_the_part_that_was_left():
    p, q = prediction(), prediction()
    q.points[:, 33, 0] += 30
    cost = parts(q, p, torch.zeros(2, 33, 2), torch.zeros(2, 33))
    assert cost["hold_auxiliary"] > 1
    assert sum(v for k, v in cost.items() if k != "hold_auxiliary") < 1e-5


def test_labelled_points_are_free_of_stock_and_unlabelled_ones_are_not():
    p, q = prediction(), prediction()
    q.points[:, 15, :2] += 8
    weight = torch.zeros(2, 33)
    weight[:, 15] = 1
    target = torch.zeros(2, 33, 2)
    target[:, 15] = q.points[:, 15, :2]
    free = parts(q, p, target, weight)
    held = parts(q, p, torch.zeros(2, 33, 2), torch.zeros(2, 33))
    assert free["hold_points"] < 1e-5 < held["hold_points"]
    assert free["regression"] < 1e-3


def test_presence_is_pulled_back_most_where_the_network_is_sure_of_the_wrong_answer():
    presence = torch.tensor([[0.8], [0.4], [0.01]], requires_grad=True)
    wanted = torch.full((3, 1), 0.8)
    away = presence_error(presence, wanted)
    assert away[0].item() == pytest.approx(0, abs=1e-6)
    by_logit = torch.autograd.grad(away.sum(), presence)[0] * presence * (1 - presence)
    assert by_logit[:, 0].tolist() == pytest.approx([0, -0.4, -0.79], abs=1e-4)  # its square would pull by -.01 at last
    sure = presence_error(torch.tensor([[0.0], [1.0]]), torch.tensor([[1.0], [1.0]]))
    assert sure[0, 0] > 10
    assert sure[1, 0] == 0


def test_a_crop_that_is_not_held_is_held_in_presence_alone():
    p, q = prediction(), prediction(seed=1)
    nothing = torch.zeros(2, 33, 2), torch.zeros(2, 33)
    nan = torch.full((2, 33), float("nan"))

    def cost(held):
        targets = Targets(*nothing, nan, nan[..., None].expand(2, 33, 3), torch.tensor(held))
        return {k: float(v) for k, v in losses(q, p, targets, 256, LossConfig()).items()}

    both, neither, first = cost([1.0, 1.0]), cost([0.0, 0.0]), cost([1.0, 0.0])
    assert both == parts(q, p, *nothing)
    assert {k for k, v in neither.items() if v} == {"hold_presence"}
    assert neither["hold_presence"] == pytest.approx(5 * float(presence_error(q.presence, p.presence).mean()))
    for name, value in first.items():
        assert 0 < value < both[name] or name == "hold_presence" or both[name] == 0


def test_the_error_of_maps_is_torchs_cross_entropy_above_its_least():
    g = torch.Generator().manual_seed(0)
    logits = (torch.randn(2, 8, 8, 5, generator=g) * 20).requires_grad_()
    target = torch.rand(2, 8, 8, 5, generator=g)
    target[0, :2], target[0, 2:4] = 0, 1
    expected = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
    expected = (expected + torch.xlogy(target, target) + torch.xlogy(1 - target, 1 - target)).sum((1, 2))
    ours = map_error(logits, target)
    torch.testing.assert_close(ours, expected, rtol=1e-5, atol=1e-4)
    factors = torch.rand(2, 5, generator=g)
    wanted = torch.autograd.grad((expected * factors).sum(), logits)[0]
    torch.testing.assert_close(torch.autograd.grad((ours * factors).sum(), logits)[0], wanted, rtol=1e-5, atol=1e-6)
    own = torch.sigmoid(logits.detach())
    assert float(map_error(logits.detach(), own).abs().max()) < 1e-3


def test_outliers_pull_less_the_farther_they_are():
    d = torch.tensor([10.0, 40.0, 400.0], requires_grad=True)
    robust(d, 20.0).sum().backward()
    assert d.grad.tolist() == pytest.approx([1.0, 0.5, 0.05])


def test_world_truth_replaces_stock():
    p, q = prediction(), prediction()
    truth = torch.full((2, 33, 3), float("nan"))
    truth[:, 5] = p.world[:, 5] + torch.tensor([0.1, 0, 0])
    q.world[:, 5] = truth[:, 5]
    cost = parts(q, p, torch.zeros(2, 33, 2), torch.zeros(2, 33), world=truth)
    assert cost["world"] == pytest.approx(0, abs=1e-4)
    assert cost["hold_world"] == pytest.approx(0, abs=1e-4)
    cost = parts(p, p, torch.zeros(2, 33, 2), torch.zeros(2, 33), world=truth)
    assert cost["world"] == pytest.approx(LossConfig().world, rel=0.05)


def test_gradients_are_finite_at_coincidence():
    p = prediction()
    points = p.points.clone().requires_grad_()
    moving = Prediction(points, p.presence, p.heatmap, p.world)
    nan = torch.full((2, 33), float("nan"))
    targets = Targets(p.points[:, :33, :2], torch.ones(2, 33), nan, nan[..., None].expand(2, 33, 3))
    cost = losses(moving, p, targets, 256, LossConfig())
    sum(cost.values()).backward()
    assert torch.isfinite(points.grad).all()


def test_true_z_is_metres_in_the_scale_of_x():
    rng = np.random.default_rng(0)
    world = torch.tensor(rng.normal(0, 0.4, (2, 33, 3)), dtype=torch.float32)
    points = world[..., :2] * 150 + torch.tensor([120.0, 90.0])  # 150 px a metre, anywhere in the crop
    world[1, 5] = float("nan")
    z = z_in_px(world, points, torch.ones(2, 33, dtype=torch.bool))
    assert z[0].tolist() == pytest.approx((world[0, :, 2] * 150).tolist(), abs=1e-2)
    assert bool(torch.isnan(z[1, 5]))
    assert int(torch.isnan(z).sum()) == 1
    # Points outside the picture have a z, and no say in the scale.
    placed = torch.ones(2, 33, dtype=torch.bool)
    placed[0, 20:] = False
    cut_off = torch.where(placed[..., None], points, 0.0)
    assert z_in_px(world, cut_off, placed)[0].tolist() == pytest.approx((world[0, :, 2] * 150).tolist(), abs=1e-2)


def test_known_depth_is_learnt_and_not_held():
    p = prediction()
    world = torch.randn(2, 33, 3, generator=torch.Generator().manual_seed(1)) * 0.3
    points = world[..., :2] * 100 + 128
    q = prediction()
    q.points[:, :33, 2] = z_in_px(world, points, torch.ones(2, 33, dtype=torch.bool))
    q.world[:, :33] = world
    cost = parts(q, p, points, torch.ones(2, 33), world=world)
    assert cost["z"] < 1e-4
    assert cost["world"] < 1e-4
    assert cost["hold_z"] == 0
    away = parts(p, p, points, torch.ones(2, 33), world=world)
    assert away["z"] > 1


def test_pieces_weighed_by_what_is_counted_are_the_whole():
    """Processes that share a batch add up to what one says of it, though one has more labels than the other."""
    p, stock = prediction(4), prediction(4, seed=1)
    g = torch.Generator().manual_seed(2)
    world = torch.randn(4, 33, 3, generator=g) * 0.3
    points = world[..., :2] * 100 + 128
    world[0], world[3, :20] = torch.nan, torch.nan
    weight = torch.rand(4, 33, generator=g) * (torch.arange(33) < torch.tensor([5, 33, 20, 30])[:, None])
    visible = torch.where(torch.rand(4, 33, generator=g) < 0.3, 1.0, torch.nan)
    targets = Targets(points, weight, visible, world)

    def said(take):
        def part(prediction):
            return Prediction(*(getattr(prediction, n)[take] for n in ("points", "presence", "heatmap", "world")))

        own = targets.apply(lambda t: t[take])
        return losses(part(p), part(stock), own, 256, LossConfig()), counted(own)

    whole, total = said(slice(None))
    pieces = [said(slice(k, None, 2)) for k in range(2)]
    for name, value in whole.items():
        shares = [float(own[name] / total[name]) if name in total else 0.5 for _, own in pieces]
        assert sum(shares) == pytest.approx(1)
        found = sum(share * float(piece[name]) for share, (piece, _) in zip(shares, pieces, strict=True))
        assert found == pytest.approx(float(value), rel=1e-4), name
    assert {"world", "z", "visibility", "regression"} <= set(total) <= set(whole)
    assert float(pieces[0][1]["regression"]) != pytest.approx(float(total["regression"]) / 2, rel=0.1)
