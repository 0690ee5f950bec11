"""Clothes and hair as data, and how they are drawn at random. Colours are linear RGB."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from posetune.synthetic.mesh import Material


@dataclass(frozen=True)
class Garment:
    """Cut out of a helper mesh by where its edges run along the body (units of ``people.fields``).

    Drawn from ``top`` (leg coordinate; below 0 on the trunk) to ``hem``, on the arm up to ``sleeve``, outside ``collar``
    metres around the pit of the neck. ``fit``: metres off the body; ``loose``: metres more where it hangs free.
    ``margin``: how far inside the edge the skin below is left away. ``legs_only``: no arms or trunk above ``top``.
    """

    color: np.ndarray
    material: Material
    mesh: str = "tights"
    top: float | None = None
    hem: float = 0.0
    sleeve: float = -0.4
    collar: float = 0.08
    fit: float = 0.005
    loose: float = 0.0
    margin: float = 0.1
    sole: bool = False
    trim: np.ndarray | None = None
    band: tuple[float, float] = (-0.36, -0.26)

    def keep(self, arm: np.ndarray, leg: np.ndarray, neck: np.ndarray) -> np.ndarray:
        """(N,) ≥ 0 where the garment is, about 0.4 m a unit."""
        if self.mesh == "skirt":
            return self.hem - leg
        if self.top is not None:
            return np.where(arm > -0.45, -1.0, np.minimum(leg - self.top, self.hem - leg))
        on_arm = np.minimum((self.sleeve - arm) * 0.7, (neck - self.collar) * 4)
        return np.where(arm > -0.48, on_arm, np.minimum(self.hem - leg, (neck - self.collar) * 4))

    def flare(self, arm: np.ndarray, leg: np.ndarray) -> np.ndarray:
        """(N,) 0..1: how freely the cloth hangs."""
        if self.mesh == "skirt":
            return np.clip(leg * 0.8 + 0.1, 0, 1)
        if self.top is not None:
            return np.clip((leg - self.top) * 1.1, 0, 1)
        return np.where(arm > -0.45, np.clip(0.35 + arm * 0.4, 0.2, 0.8), np.clip(leg + 0.85, 0.1, 1))

    def bands(self, arm: np.ndarray, leg: np.ndarray) -> np.ndarray:
        """(N,) bool: where the trim is (reflecting bands, stripes)."""
        low, high = self.band
        return (arm <= -0.45) & (leg > low) & (leg < high)


@dataclass(frozen=True)
class Outfit:
    garments: tuple[Garment, ...]
    gloves: np.ndarray | None = None
    helmet: np.ndarray | None = None
    headgear: str = ""


@dataclass(frozen=True)
class Hair:
    """``style``: bald, buzz, short, curly, long, ponytail, bun; ``length`` m; ``line``: hairline set back, m; ``beard`` 0..1."""

    style: str
    color: np.ndarray
    length: float
    line: float
    beard: float


_HAIR_COLORS = np.array([[28, 22, 20], [38, 28, 22], [58, 40, 28], [88, 60, 38], [130, 95, 55], [185, 150, 95],
                         [120, 60, 35], [120, 118, 115], [190, 188, 184]]) / 255.0  # fmt: skip


def draw_hair(rng: np.random.Generator, traits: dict[str, float], style: str, female: bool) -> Hair:
    age, fair = traits["age"] * 100, traits["caucasian"] > 0.55
    color = _HAIR_COLORS[rng.integers(0, 7 if fair else 3)]
    grey = np.clip((age - 38) / 35, 0, 1) * rng.random() ** 0.5
    if grey > 0.25:
        color = color * (1 - grey) + _HAIR_COLORS[7 + int(rng.random() < 0.4)] * grey
    if rng.random() < 0.03:
        color = rng.uniform(0.1, 0.9, 3)  # dyed
    curly = rng.random() < (0.75 if traits["african"] > 0.55 else 0.1)
    if female:
        styles, odds = ["long", "ponytail", "bun", "short"], [0.34, 0.3, 0.16, 0.2]
        if style in ("yoga", "sport", "work"):
            odds = [0.0, 0.55, 0.27, 0.18]
        length, line, beard = rng.uniform(0.1, 0.45), 0.0, 0.0
    else:
        styles, odds = ["short", "buzz", "bald", "long"], [0.66, 0.2, 0.11, 0.03]
        length, beard = rng.uniform(0.1, 0.3), float(rng.choice([0, 0.25, 0.5, 0.8], p=[0.5, 0.2, 0.15, 0.15]))
        line = float(np.clip(rng.normal(0.004 + max(age - 35, 0) * 0.0006, 0.01), 0, 0.05))
    chosen = str(rng.choice(styles, p=odds))
    if curly and chosen in ("short", "long"):
        chosen = "curly"
    if chosen == "short":
        length = rng.uniform(0.012, 0.035)
    elif chosen == "curly":
        length = rng.uniform(0.015, 0.07)
    elif chosen == "buzz":
        length = rng.uniform(0.003, 0.007)
    return Hair(chosen, color**2.2, float(length), line, beard)


def _color(rng: np.random.Generator, skin: np.ndarray, kind: str = "any") -> np.ndarray:
    """Linear RGB that is not the wearer's skin."""
    for _ in range(20):
        if kind == "dark" or (kind == "any" and rng.random() < 0.3):
            color = np.full(3, rng.uniform(0.008, 0.06)) * rng.uniform(0.7, 1.3, 3)
        elif kind == "light" or (kind == "any" and rng.random() < 0.22):
            color = np.full(3, rng.uniform(0.45, 0.8)) * rng.uniform(0.9, 1.05, 3)
        elif kind == "denim":
            color = np.array([0.03, 0.06, 0.15]) * rng.uniform(0.5, 3.0) + rng.uniform(0, 0.03)
        else:
            hue, value, colour = rng.uniform(0, 6), rng.uniform(0.06, 0.6), rng.uniform(0.4, 0.95)
            wheel = np.clip(np.abs((hue + np.array([0, 4, 2])) % 6 - 3) - 1, 0, 1)
            color = value * (1 - colour + colour * wheel)
        color = np.clip(color, 0.005, 0.85)
        if np.linalg.norm(color ** (1 / 2.2) - skin ** (1 / 2.2)) > 0.28:
            return color
    return np.array([0.02, 0.03, 0.06])


def _cloth(rng: np.random.Generator, color_b: np.ndarray, pattern: str | None = None) -> Material:
    if pattern is None:
        pattern = str(rng.choice(["wrinkles", "weave", "stripes", "checks", "blotches"], p=[0.62, 0.1, 0.1, 0.08, 0.1]))
    return Material(pattern, scale=float(rng.uniform(1.0, 2.0)), color_b=tuple(color_b), shade=float(rng.uniform(0.2, 0.4)),
                    bump=float(rng.uniform(0.004, 0.012)), specular=0.01, gloss=8, fuzz=float(rng.uniform(0.1, 0.5)))  # fmt: skip


def _stretch(rng: np.random.Generator, color_b: np.ndarray) -> Material:
    pattern = str(rng.choice(["wrinkles", "blotches", "stripes"], p=[0.8, 0.12, 0.08]))
    return Material(
        pattern, scale=2.5, color_b=tuple(color_b), shade=0.12, bump=0.006, specular=0.04, gloss=22, fuzz=0.1
    )


def _shoes(rng: np.random.Generator, boots: bool) -> Garment:
    color = np.array([0.16, 0.09, 0.03]) * rng.uniform(0.2, 1.5) if boots else _color(rng, np.zeros(3))
    sole = np.full(3, rng.choice([0.02, 0.6])) if not boots else np.full(3, 0.015)
    return Garment(color, Material("weave", scale=6, shade=0.2, bump=0.004, specular=0.05, gloss=25),
                   top=float(rng.uniform(1.62, 1.75) if boots else rng.uniform(1.9, 1.97)), hem=9.0, fit=0.011, sole=True,
                   margin=0.02, trim=sole)  # fmt: skip


def _socks(rng: np.random.Generator) -> Garment:
    return Garment(np.full(3, rng.choice([0.02, 0.6, 0.25])), Material("weave", scale=9, shade=0.2, bump=0.003),
                   top=float(rng.uniform(1.72, 1.9)), hem=9.0, fit=0.004, margin=0.02)  # fmt: skip


def draw_outfit(rng: np.random.Generator, style: str, female: bool, skin: np.ndarray) -> Outfit:
    """``style``: casual, sport, yoga or work. Outer garments come last."""
    a, b, c = _color(rng, skin), _color(rng, skin), _color(rng, skin)
    if style == "work":
        return _work_clothes(rng, skin)
    if style == "casual":
        return _casual(rng, female, skin, a, b, c)
    tight = rng.random() < (0.85 if female else 0.3)
    length = float(rng.choice([0.45, 0.8, 1.6, 1.85], p=[0.25, 0.15, 0.2, 0.4] if female else [0.3, 0.45, 0.05, 0.2]))
    bottom = Garment(a, _stretch(rng, b) if tight else _cloth(rng, b, "wrinkles"), top=float(rng.uniform(-0.45, -0.3)), hem=length,
                     fit=0.003 if tight else 0.006, loose=0.0 if tight else float(rng.uniform(0.012, 0.035)))  # fmt: skip
    kind = rng.choice(["tee", "tank", "bra" if female else "bare", "long"], p=[0.42, 0.28, 0.18, 0.12])
    garments = [bottom]
    if kind == "bra":
        garments.append(
            Garment(c, _stretch(rng, b), hem=float(rng.uniform(-0.72, -0.62)), sleeve=-0.22, collar=0.115, fit=0.003)
        )
    elif kind != "bare":
        sleeve = {"tee": rng.uniform(0.35, 0.75), "tank": rng.uniform(-0.25, -0.1), "long": rng.uniform(1.7, 1.95)}[
            str(kind)
        ]
        close = female and rng.random() < 0.6
        garments.append(Garment(c, _stretch(rng, a) if close else _cloth(rng, a), hem=float(rng.uniform(-0.2, -0.03)),
                                sleeve=float(sleeve), collar=float(rng.uniform(0.075, 0.11)), fit=0.006,
                                loose=0.006 if close else float(rng.uniform(0.015, 0.04))))  # fmt: skip
    if style == "sport" or rng.random() < 0.12:
        garments.insert(0, _shoes(rng, boots=False))
    if style == "sport" and rng.random() < 0.6:
        garments.insert(0, _socks(rng))
    return Outfit(tuple(garments))


def _casual(rng, female: bool, skin, a, b, c) -> Outfit:
    garments: list[Garment] = [_shoes(rng, boots=rng.random() < 0.2)] if rng.random() < 0.93 else []
    kind = rng.choice(["jeans", "trousers", "shorts", "leggings", "skirt"],
                      p=[0.36, 0.2, 0.14, 0.14, 0.16] if female else [0.45, 0.35, 0.2, 0.0, 0.0])  # fmt: skip
    if kind == "skirt":
        garments.append(Garment(a, _cloth(rng, b), mesh="skirt", hem=float(rng.uniform(0.5, 1.5)), fit=0.008,
                                loose=float(rng.uniform(0.01, 0.05)), margin=9.0))  # fmt: skip
    elif kind == "leggings":
        garments.append(Garment(_color(rng, skin, "dark"), _stretch(rng, b), top=-0.3, hem=1.9, fit=0.003))
    else:
        color = (
            _color(rng, skin, "denim")
            if kind == "jeans"
            else _color(rng, skin, "dark" if rng.random() < 0.5 else "any")
        )
        hem = float(rng.uniform(0.6, 1.0)) if kind == "shorts" else float(rng.uniform(1.9, 2.04))
        garments.append(Garment(color, _cloth(rng, b, "weave" if kind == "jeans" else "wrinkles"), top=-0.26, hem=hem,
                                fit=0.008, loose=float(rng.uniform(0.008, 0.03))))  # fmt: skip
    if rng.random() < 0.3:  # an open layer's worth of volume: hoodie, jumper, jacket
        garments.append(
            Garment(
                c,
                _cloth(rng, a, "weave" if rng.random() < 0.5 else "wrinkles"),
                hem=float(rng.uniform(-0.12, 0.0)),
                sleeve=float(rng.uniform(1.85, 2.02)),
                collar=float(rng.uniform(0.05, 0.075)),
                fit=0.016,
                loose=float(rng.uniform(0.02, 0.045)),
            )
        )
    else:
        garments.append(
            Garment(
                c,
                _cloth(rng, a),
                hem=float(rng.uniform(-0.2, -0.02)),
                sleeve=float(rng.choice([-0.15, rng.uniform(0.4, 0.8), 1.92], p=[0.12, 0.58, 0.3])),
                collar=float(rng.uniform(0.06, 0.1)),
                fit=0.007,
                loose=float(rng.uniform(0.008, 0.035)),
            )
        )
    headgear = str(rng.choice(["", "cap", "beanie"], p=[0.88, 0.08, 0.04]))
    return Outfit(tuple(garments), helmet=_color(rng, skin) if headgear else None, headgear=headgear)


def _work_clothes(rng, skin) -> Outfit:
    loud = np.array([[0.75, 0.85, 0.04], [0.95, 0.25, 0.02], [0.85, 0.08, 0.03]])[rng.integers(3)]
    trousers = Garment(_color(rng, skin, "dark" if rng.random() < 0.6 else "denim"), _cloth(rng, loud, "weave"), top=-0.28,
                       hem=1.97, fit=0.01, loose=float(rng.uniform(0.015, 0.035)),
                       trim=np.full(3, 0.55) if rng.random() < 0.4 else None, band=(1.28, 1.34))  # fmt: skip
    shirt = Garment(_color(rng, skin), _cloth(rng, _color(rng, skin), "checks" if rng.random() < 0.3 else "wrinkles"), hem=-0.1,
                    sleeve=float(rng.choice([0.6, 1.93])), collar=0.065, fit=0.009, loose=0.025)  # fmt: skip
    garments = [_shoes(rng, boots=True), trousers, shirt]
    kind = rng.choice(["vest", "jacket", "shirt"], p=[0.5, 0.3, 0.2])
    if kind != "shirt":
        garments.append(Garment(loud, replace(_cloth(rng, loud, "wrinkles"), fuzz=0.6), hem=float(rng.uniform(-0.12, 0.0)),
                                sleeve=-0.12 if kind == "vest" else 1.95, collar=0.085, fit=0.02, loose=0.03,
                                trim=np.full(3, 0.62)))  # fmt: skip
    gloves = (
        np.array([[0.25, 0.2, 0.1], [0.02, 0.02, 0.02], [0.5, 0.3, 0.02]])[rng.integers(3)]
        if rng.random() < 0.5
        else None
    )
    helmet = np.array([[0.85, 0.6, 0.02], [0.8, 0.8, 0.78], [0.02, 0.12, 0.5], [0.7, 0.05, 0.02]])[rng.integers(4)]
    wears = rng.random() < 0.75
    return Outfit(tuple(garments), gloves, helmet if wears else None, "helmet" if wears else "")
