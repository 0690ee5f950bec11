"""Renderers and bodies."""

import pytest

from posetune.errors import PosetuneError
from posetune.synthetic.body import load
from posetune.synthetic.generate import make_renderer
from posetune.synthetic.pose import Poser


@pytest.fixture(scope="module")
def egl():
    try:
        return make_renderer("egl")
    except PosetuneError as error:
        pytest.skip(f"no picture can be rendered with OpenGL here: {error}")


@pytest.fixture
def poser():
    body = load()
    return Poser(body, body.shape(body.people_scores[7]))
