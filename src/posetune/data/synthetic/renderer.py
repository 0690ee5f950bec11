"""Meshes in, a picture and the truth about who is in front out. OpenGL 3.3 through EGL: no screen, no GPU needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from posetune.data.synthetic import shaders, textures
from posetune.data.synthetic.camera import Camera, light_matrix
from posetune.data.synthetic.mesh import Mesh
from posetune.errors import PosetuneError


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


_SHADOW_SIDE = 1024
_FORMAT = "3f 3f 3f 3f 4f 1f"
_ATTRIBUTES = ("position", "normal", "rest", "rest_normal", "color", "part")


class Renderer:
    """One OpenGL context. Make one per process (it must not be shared between processes or threads).

    Raises PosetuneError where moderngl or EGL is missing.
    """

    def __init__(self) -> None:
        try:
            import moderngl
        except ModuleNotFoundError as error:
            raise PosetuneError(
                "Rendering needs moderngl, which is not installed: pip install 'posetune[synth]'."
            ) from error
        try:
            self.gl = moderngl.create_context(standalone=True, backend="egl", require=330)  # type: ignore[arg-type]
        except Exception as error:  # moderngl and glcontext raise bare Exception
            raise PosetuneError(
                f"Rendering needs EGL, which did not start ({error}): on Debian or Ubuntu, "
                "apt-get install libegl1 libgl1-mesa-dri; or render slowly without it: --renderer software."
            ) from error
        gl = self.gl
        self._float = moderngl
        self.surface = gl.program(vertex_shader=shaders.SURFACE_VERTEX, fragment_shader=shaders.SURFACE_FRAGMENT)
        self.depth_only = gl.program(vertex_shader=shaders.DEPTH_VERTEX, fragment_shader=shaders.DEPTH_FRAGMENT)
        self.solid_depth = gl.program(
            vertex_shader=shaders.SOLID_DEPTH_VERTEX, fragment_shader=shaders.SOLID_DEPTH_FRAGMENT
        )
        self.truth = gl.program(vertex_shader=shaders.TRUTH_VERTEX, fragment_shader=shaders.TRUTH_FRAGMENT)
        self.backdrop = gl.program(vertex_shader=shaders.BACKDROP_VERTEX, fragment_shader=shaders.BACKDROP_FRAGMENT)
        corners = gl.buffer(np.array([-1, -1, 1, -1, -1, 1, 1, 1], "f4"))
        self.screen = gl.vertex_array(self.backdrop, [(corners, "2f", "corner")])
        self._shadow_maps = [self._shadow_map() for _ in range(2)]
        self._tiles: dict[str, object] = {}
        self._targets: dict[tuple[int, int], tuple] = {}

    def render(self, stage: Stage) -> np.ndarray:
        """The picture, (H, W, 3) uint8 sRGB."""
        gl, camera, light = self.gl, stage.camera, stage.light
        buffers = [self._upload(mesh) for mesh in stage.meshes]
        matrices = [light_matrix(light.direction, stage.centre, stage.radius),
                    light_matrix(np.array([0.0, 0.0, 1.0]), stage.centre, stage.radius)]  # fmt: skip
        for matrix, (_, target) in zip(matrices, self._shadow_maps, strict=True):
            self._draw_depth(stage.meshes, buffers, matrix, target)
        many, single, _ = self._target(camera.width, camera.height)
        many.use()
        many.clear(0, 0, 0, 1)
        gl.disable(gl.CULL_FACE)
        gl.disable(gl.DEPTH_TEST)
        picture = gl.texture((stage.backdrop.shape[1], stage.backdrop.shape[0]), 3,
                             np.ascontiguousarray(stage.backdrop).tobytes(), alignment=1)  # fmt: skip
        picture.use(0)
        _set(self.backdrop, picture=0)
        self.screen.render(self._float.TRIANGLE_STRIP)
        gl.enable(gl.DEPTH_TEST)
        for unit, (texture, _) in enumerate(self._shadow_maps, start=1):
            texture.use(unit)
        _set(self.surface, view_projection=camera.matrix(), eye=camera.eye, sun_direction=light.direction,
             sun=light.sun, sky=light.sky, ground=light.ground, sun_matrix=matrices[0], zenith_matrix=matrices[1],
             sun_softness=light.softness, exposure=light.exposure, pattern=0, sun_map=1, zenith_map=2)  # fmt: skip
        # What is drawn half-transparent (the catcher of shadows on a photograph) comes after all that is solid.
        for catching in (False, True):
            for mesh, (vertices, indices) in zip(stage.meshes, buffers, strict=True):
                if (mesh.material.catcher > 0) == catching:
                    self._draw_surface(mesh, vertices, indices)
        gl.copy_framebuffer(single, many)
        pixels = np.frombuffer(single.read(components=3, alignment=1), np.uint8)
        for buffer in (*(b for pair in buffers for b in pair), picture):
            buffer.release()
        return pixels.reshape(camera.height, camera.width, 3)[::-1].copy()

    def inspect(self, meshes: Sequence[Mesh], camera: Camera) -> Truth:
        """Who and what is nearest in every pixel of ``meshes`` (shells count as their base surface)."""
        gl = self.gl
        _, _, target = self._target(camera.width, camera.height)
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
        raw = np.frombuffer(target.read(components=4, dtype="f4", alignment=1), np.float32)
        raw = raw.reshape(camera.height, camera.width, 4)[::-1]
        return Truth(raw[..., 0].astype(np.uint8), raw[..., 1].astype(np.uint8), raw[..., 2].copy())

    def _draw_surface(self, mesh: Mesh, vertices, indices) -> None:
        gl, m, program = self.gl, mesh.material, self.surface
        self._tile(m.pattern).use(0)
        _set(program, pattern_scale=m.scale, stretch=m.stretch, shade=m.shade, bump=m.bump, gloss=m.gloss,
             specular=m.specular, color_b=m.color_b, translucent=m.translucent, emission=m.emission, jag=m.jag,
             fuzz=m.fuzz, shells=m.shells, shell_depth=m.shell_depth, shell_drop=m.shell_drop, density=m.density,
             catcher=m.catcher)  # fmt: skip
        if m.catcher > 0:
            gl.enable(gl.BLEND)
            gl.blend_func = gl.SRC_ALPHA, gl.ONE_MINUS_SRC_ALPHA
        array = gl.vertex_array(program, [(vertices, "3f 3f 3f 3f 4f 4x", *_ATTRIBUTES[:5])], indices)
        array.render(instances=m.shells)
        array.release()
        gl.disable(gl.BLEND)

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
            if mesh.colors[:, 3].min() < 0:
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
        rows = np.concatenate([mesh.positions, normals, rest, rest_normals, mesh.colors, parts[:, None]], axis=1)
        return (self.gl.buffer(np.ascontiguousarray(rows, "f4").tobytes()),
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

    def _target(self, width: int, height: int) -> tuple:
        if (width, height) not in self._targets:
            gl, size = self.gl, (width, height)
            many = gl.framebuffer(gl.renderbuffer(size, 4, samples=4), gl.depth_renderbuffer(size, samples=4))
            single = gl.framebuffer(gl.renderbuffer(size, 4))
            truth = gl.framebuffer(gl.texture(size, 4, dtype="f4"), gl.depth_renderbuffer(size))
            self._targets[width, height] = (many, single, truth)
        return self._targets[width, height]


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
