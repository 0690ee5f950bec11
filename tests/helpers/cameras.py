"""A camera that looks at people from the front."""

from posetune.synthetic.camera import Camera

FRONT = Camera.looking([0, -4, 1.0], [0, 0, 1.0], 50, 200, 200)
