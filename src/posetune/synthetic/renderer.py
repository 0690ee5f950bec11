"""Meshes in, a picture and the truth about who is in front out. OpenGL 3.3 through EGL: no screen, no GPU needed."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from posetune.errors import PosetuneError, pip_install
from posetune.opencv import cv2
from posetune.synthetic import shaders, textures
from posetune.synthetic.camera import Camera, light_matrix
from posetune.synthetic.mesh import Mesh


@dataclass(frozen=True)
class Light:
    """``direction`` (3,): towards the sun, world. ``sun``, ``sky``, ``ground`` (3,): linear RGB. ``softness``: of shadows."""

    direction: np.ndarray
    sun: np.ndarray
    sky: np.ndarray
    ground: np.ndarray
    softness: float = 0.004
    exposure: float = 1.0


@dataclass(frozen=True)
class Stage:
    """All that is in view. ``backdrop``: (H, W, 3) uint8 RGB behind everything. ``centre``, ``radius``: what casts shadows."""

    meshes: Sequence[Mesh]
    camera: Camera
    light: Light
    backdrop: np.ndarray
    centre: np.ndarray = field(default_factory=lambda: np.array([0.0, 0.0, 0.8]))
    radius: float = 2.5


@dataclass(frozen=True)
class Truth:
    """Per pixel of the (H, W) image: ``owner`` and ``part`` of the nearest surface (see ``Mesh``), ``depth`` in m, 0 = none."""

    owner: np.ndarray
    part: np.ndarray
    depth: np.ndarray


_SHADOW_SIDE = 768
OVERSAMPLE = 1.25
_ATTRIBUTES = ("position", "normal", "rest", "rest_normal", "color", "part")


class Renderer:
    """One OpenGL context. Make one per process (it must not be shared between processes or threads).

    Raises PosetuneError where moderngl or EGL is missing.
    """

    def __init__(self) -> None:
        try:
            import moderngl
        except ModuleNotFoundError as error:
            raise PosetuneError(f"Rendering needs moderngl, which is not installed: {pip_install('synth')}.") from error
        try:
            self.gl = moderngl.create_context(standalone=True, backend="egl", require=330)  # type: ignore[arg-type]
        except Exception as error:  # moderngl and glcontext raise bare Exception
            raise PosetuneError(
                f"Rendering needs EGL, which did not start ({error}): on Debian or Ubuntu, "
                "apt-get install libegl1 libgl1-mesa-dri; or render slowly without it: --renderer software."
            ) from error
        gl = self.gl
        self._gl = moderngl
        solid, cut = "#version 330\n", "#version 330\n#define CUT\n"
        self.solid = gl.program(vertex_shader=shaders.SURFACE_VERTEX, fragment_shader=solid + shaders.SURFACE_FRAGMENT)
        self.cut = gl.program(vertex_shader=shaders.SURFACE_VERTEX, fragment_shader=cut + shaders.SURFACE_FRAGMENT)
        self.lighting = gl.program(vertex_shader=shaders.SCREEN_VERTEX, fragment_shader=shaders.LIGHT_FRAGMENT)
        self.depth_only = gl.program(vertex_shader=shaders.DEPTH_VERTEX, fragment_shader=shaders.DEPTH_FRAGMENT)
        self.solid_depth = gl.program(
            vertex_shader=shaders.SOLID_DEPTH_VERTEX, fragment_shader=shaders.SOLID_DEPTH_FRAGMENT
        )
        self.truth = gl.program(vertex_shader=shaders.TRUTH_VERTEX, fragment_shader=shaders.TRUTH_FRAGMENT)
        corners = gl.buffer(np.array([-1, -1, 1, -1, -1, 1, 1, 1], "f4"))
        self.screen = gl.vertex_array(self.lighting, [(corners, "2f", "corner")])
        self._shadow_maps = [self._shadow_map() for _ in range(2)]
        self._tiles: dict[str, object] = {}
        self._targets: dict[tuple[int, int], tuple] = {}
        self._truths: dict[tuple[int, int], object] = {}

    def render(self, stage: Stage) -> tuple[np.ndarray, Truth]:
        """The picture, (H, W, 3) uint8 sRGB, and who and what is nearest in each of its pixels (hair at its full length)."""
        gl, camera = self.gl, stage.camera
        buffers = [self._upload(mesh) for mesh in stage.meshes]
        boxes = np.array([(mesh.positions.min(0), mesh.positions.max(0)) for mesh in stage.meshes])
        matrices = [
            light_matrix(direction, stage.centre, stage.radius)
            for direction in (stage.light.direction, np.array([0.0, 0.0, 1.0]))
        ]
        for matrix, (_, target) in zip(matrices, self._shadow_maps, strict=True):
            inside = [k for k, out in enumerate(_outside(boxes, matrix)) if not out]
            self._draw_depth([stage.meshes[k] for k in inside], [buffers[k] for k in inside], matrix, target)
        # Rendered larger and averaged down: smooth edges for less than multisampling costs on llvmpipe.
        width, height = round(camera.width * OVERSAMPLE), round(camera.height * OVERSAMPLE)
        surfaces, output = self._targets_of(width, height)
        surfaces.use()
        surfaces.clear(0, 0, 0, 0)
        gl.enable(gl.DEPTH_TEST)
        for program in (self.solid, self.cut):
            _set(program, view_projection=camera.matrix(), pattern=0)
        # The near comes first, so that what it hides is hardly drawn.
        outside = _outside(boxes, camera.matrix())
        for k in sorted(range(len(buffers)), key=lambda k: _order(stage.meshes[k], boxes[k], camera)):
            if not outside[k]:
                self._draw_surface(stage.meshes[k], *buffers[k])
        self._light(stage, matrices, surfaces, output)
        pixels = np.frombuffer(output.read(components=3, alignment=1), np.uint8).reshape(height, width, 3)[::-1]
        picture = cv2.resize(pixels, (camera.width, camera.height), interpolation=cv2.INTER_AREA)
        for buffer in (b for pair in buffers for b in pair):
            buffer.release()
        return picture, self._read_truth(surfaces, 3, camera, width, height)

    def _light(self, stage: Stage, matrices: list[np.ndarray], surfaces, output) -> None:
        gl, camera, light = self.gl, stage.camera, stage.light
        picture = gl.texture(
            stage.backdrop.shape[1::-1], 3, np.ascontiguousarray(stage.backdrop).tobytes(), alignment=1
        )
        textures_in = [*surfaces.color_attachments, picture, *(texture for texture, _ in self._shadow_maps)]
        for unit, texture in enumerate(textures_in):
            texture.use(unit)
        output.use()
        gl.disable(gl.DEPTH_TEST)
        half = np.array([camera.width, camera.height]) / 2 / camera.focal
        _set(
            self.lighting, eye=camera.eye, axes=camera.axes.T, half_view=half, sun_direction=light.direction, sun=light.sun,
            sky=light.sky, ground=light.ground, sun_matrix=matrices[0], zenith_matrix=matrices[1],
            sun_softness=light.softness, exposure=light.exposure, color_in=0, normal_in=1, gloss_in=2, truth_in=3,
            picture=4, sun_map=5, zenith_map=6,
        )  # fmt: skip
        self.screen.render(self._gl.TRIANGLE_STRIP)
        picture.release()

    def _read_truth(self, target, attachment: int, camera: Camera, width: int, height: int) -> Truth:
        """The truth at the middle of each of the camera's pixels, from a target of ``width`` × ``height``."""
        raw = np.frombuffer(target.read(components=4, dtype="f4", alignment=1, attachment=attachment), np.float32)
        raw = raw.reshape(height, width, 4)[::-1]
        rows = ((np.arange(camera.height) + 0.5) * height / camera.height).astype(int)
        columns = ((np.arange(camera.width) + 0.5) * width / camera.width).astype(int)
        raw = raw[rows[:, None], columns]
        return Truth(raw[..., 0].astype(np.uint8), raw[..., 1].astype(np.uint8), raw[..., 2].copy())

    def inspect(self, meshes: Sequence[Mesh], camera: Camera) -> Truth:
        """Who and what is nearest in every pixel of ``meshes`` (shells count as their base surface)."""
        gl = self.gl
        target = self._truth_target(camera.width, camera.height)
        target.use()
        target.clear(0, 0, 0, 0)
        gl.enable(gl.DEPTH_TEST)
        gl.disable(gl.CULL_FACE)
        _set(self.truth, view_projection=camera.matrix())
        for mesh in meshes:
            if mesh.material.catcher > 0:
                continue
            vertices, indices = self._upload(mesh)
            _set(self.truth, owner=float(mesh.owner))
            array = gl.vertex_array(self.truth, [(vertices, "3f 36x 4f 1f", "position", "color", "part")], indices)
            array.render()
            for item in (array, vertices, indices):
                item.release()
        return self._read_truth(target, 0, camera, camera.width, camera.height)

    def _draw_surface(self, mesh: Mesh, vertices, indices) -> None:
        gl, m = self.gl, mesh.material
        program = self.cut if _is_cut(mesh) else self.solid
        self._tile(m.pattern).use(0)
        _set(program, pattern_scale=m.scale, stretch=m.stretch, shade=m.shade, bump=m.bump, gloss=m.gloss,
             specular=m.specular, color_b=m.color_b, translucent=m.translucent, emission=m.emission, jag=m.jag,
             fuzz=m.fuzz, shells=m.shells, shell_depth=m.shell_depth, shell_drop=m.shell_drop, density=m.density,
             catcher=m.catcher, owner=float(mesh.owner))  # fmt: skip
        if mesh.closed:
            gl.enable(gl.CULL_FACE)
        array = gl.vertex_array(program, [(vertices, "3f 3f 3f 3f 4f 1f", *_ATTRIBUTES)], indices)
        array.render(instances=m.shells)
        array.release()
        gl.disable(gl.CULL_FACE)

    def _draw_depth(self, meshes: Sequence[Mesh], buffers, matrix: np.ndarray, target) -> None:
        gl = self.gl
        target.use()
        target.clear(depth=1.0)
        gl.enable(gl.DEPTH_TEST)
        gl.disable(gl.CULL_FACE)
        for program in (self.solid_depth, self.depth_only):
            _set(program, view_projection=matrix)
        for mesh, (vertices, indices) in zip(meshes, buffers, strict=True):
            if not mesh.shadow or mesh.material.catcher > 0:
                continue
            # Fragment discards are slow: only for what has a cut edge.
            if _is_cut(mesh):
                array = gl.vertex_array(self.depth_only, [(vertices, "3f 36x 4f 4x", "position", "color")], indices)
            else:
                array = gl.vertex_array(self.solid_depth, [(vertices, "3f 56x", "position")], indices)
            array.render()
            array.release()

    def _upload(self, mesh: Mesh):
        n = len(mesh.positions)
        normals = mesh.own_normals()
        rest = mesh.positions if mesh.rest is None else mesh.rest
        rest_normals = normals if mesh.rest_normals is None else mesh.rest_normals
        parts = np.zeros(n) if mesh.parts is None else mesh.parts
        rows = np.empty((n, 17), "f4")
        for column, values in zip(
            (0, 3, 6, 9, 12, 16), (mesh.positions, normals, rest, rest_normals, mesh.colors, parts), strict=True
        ):
            rows[:, column : column + 3 + (column == 12)] = values[:, None] if values.ndim == 1 else values
        return (self.gl.buffer(rows.tobytes()),
                self.gl.buffer(np.ascontiguousarray(mesh.triangles, "i4").tobytes()))  # fmt: skip

    def _tile(self, name: str):
        if name not in self._tiles:
            pixels = textures.tile(name)
            texture = self.gl.texture(pixels.shape[1::-1], 4, pixels.tobytes())
            texture.build_mipmaps()
            texture.filter = (self.gl.LINEAR_MIPMAP_LINEAR, self.gl.LINEAR)
            self._tiles[name] = texture
        return self._tiles[name]

    def _shadow_map(self):
        texture = self.gl.depth_texture((_SHADOW_SIDE, _SHADOW_SIDE))
        texture.compare_func = "<="
        texture.filter = (self.gl.LINEAR, self.gl.LINEAR)
        texture.repeat_x = texture.repeat_y = False
        return texture, self.gl.framebuffer(depth_attachment=texture)

    def _targets_of(self, width: int, height: int) -> tuple:
        """Framebuffers for the surfaces (colour, normal, gloss, truth) and for the lit picture."""
        if (width, height) not in self._targets:
            gl, size = self.gl, (width, height)
            layers = [gl.texture(size, 4, dtype=kind) for kind in ("f2", "f2", "f2", "f4")]
            for layer in layers:
                layer.filter = (gl.NEAREST, gl.NEAREST)
            surfaces = gl.framebuffer(layers, gl.depth_renderbuffer(size))
            self._targets[width, height] = (surfaces, gl.framebuffer(gl.renderbuffer(size, 4)))
        return self._targets[width, height]

    def _truth_target(self, width: int, height: int):
        if (width, height) not in self._truths:
            size = (width, height)
            self._truths[width, height] = self.gl.framebuffer(
                self.gl.texture(size, 4, dtype="f4"), self.gl.depth_renderbuffer(size)
            )
        return self._truths[width, height]


def _is_cut(mesh: Mesh) -> bool:
    return mesh.material.shells > 1 or float(mesh.colors[:, 3].min()) < 0.5 * mesh.material.jag


_CORNERS = np.array(list(itertools.product((0, 1), repeat=3)))


def _outside(boxes: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """(M,) bool: whether a mesh's box (M, 2, 3), with room for its hair, lies wholly beyond one side of what ``matrix`` shows."""
    roomy = boxes + np.array([[-0.15], [0.15]])
    corners = np.stack([roomy[:, _CORNERS[:, axis], axis] for axis in range(3)], axis=-1)  # (M, 8, 3)
    clip = corners @ matrix[:, :3].T + matrix[:, 3]
    beyond = (clip[..., :3] > clip[..., 3:]).all(1) | (clip[..., :3] < -clip[..., 3:]).all(1)
    return beyond.any(1)


def _order(mesh: Mesh, box: np.ndarray, camera: Camera) -> tuple[bool, float]:
    """Drawing order: catchers last, else by the distance of the middle of the mesh's box (2, 3); wide planes count as far."""
    low, high = box
    wide = float((high - low).max()) > 8
    return mesh.material.catcher > 0, wide * 100.0 + float(np.linalg.norm((low + high) / 2 - camera.eye))


def _set(program, **values) -> None:
    """Set those uniforms that the compiler kept."""
    for name, value in values.items():
        member = program.get(name, None)
        if member is None:
            continue
        if isinstance(value, np.ndarray):
            member.write(np.ascontiguousarray(value.T if value.ndim == 2 else value, "f4").tobytes())
        else:
            member.value = value
