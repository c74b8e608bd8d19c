# SPDX-License-Identifier: Apache-2.0
"""A heap as MuJoCo has it: what is seen in one group of geoms, what collides in another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from discinst_ros.scenes.heaps.arrangement import Start
from discinst_ros.scenes.heaps.design import Collider, Design, Texture
from discinst_ros.scenes.heaps.engine import engine
from discinst_ros.scenes.heaps.places.surroundings import Surroundings
from discinst_ros.scenes.heaps.surface import Surface
import numpy as np

#: Group of the geoms that are seen, and of those that collide.
SEEN, COLLIDING = 1, 3
#: Names of the temporary fences and of the objects, before the number.
FENCE, OBJECT = 'fence', 'object'
LIGHTS = 3
_STEP_S = 0.0025
#: Density of the air (kg/m³): as drag, so that what falls is slow enough not to pass a wall.
_DRAG_DENSITY = 300.0
#: Sliding, turning (m) and rolling (m) friction: what is round comes to rest.
_FRICTION = (0.7, 0.01, 0.0008)
_HULL_VERTICES = 40


def build_model(designs: Sequence[Design], members: Sequence[int], starts: Sequence[Start],
                place: Surroundings) -> Any:
    """Return the compiled model; the parameters are those of :func:`make_spec`."""
    return make_spec(designs, members, starts, place).compile()


def make_spec(designs: Sequence[Design], members: Sequence[int], starts: Sequence[Start],
              place: Surroundings) -> Any:
    """
    Return the model before it is compiled; body k + 1 is object k.

    :param designs: the parts that the heap is made of.
    :param members: the part of each object.
    :param starts: where each begins.
    """
    spec = engine().MjSpec()
    _set_options(spec)
    for number, one in enumerate(place.covers):
        _add_material(spec, f'cover{number}', one.texture, one.shine)
    for number, (surface, cover) in enumerate(place.pieces):
        _add_mesh(spec, f'piece{number}', surface)
        _add_seen(spec.worldbody, f'piece{number}', f'cover{cover}')
    for number, barrier in enumerate(place.barriers):
        _add_collider(spec.worldbody, barrier, f'barrier{number}')
    for number, barrier in enumerate(place.fences):
        _add_collider(spec.worldbody, barrier, f'{FENCE}{number}')
    for number, design in enumerate(designs):
        _add_material(spec, f'part{number}', design.texture, design.shine)
        _add_mesh(spec, f'part{number}', design.surface)
        if design.clear is not None:
            _add_mesh(spec, f'clear{number}', design.clear.surface)
            spec.add_material(name=f'clear{number}', specular=1, shininess=0.9,
                              rgba=(*design.clear.tint, design.clear.opacity))
        for k, collider in enumerate(design.colliders):
            if collider.points is not None:
                _add_hull(spec, _hull_name(number, k), collider)
    for number, (member, start) in enumerate(zip(members, starts)):
        x, y, z, w = start.rotation.as_quat()
        body = spec.worldbody.add_body(name=f'{OBJECT}{number}', pos=start.position,
                                       quat=(w, x, y, z))
        body.add_freejoint()
        _add_seen(body, f'part{member}', f'part{member}')
        if designs[member].clear is not None:
            _add_seen(body, f'clear{member}', f'clear{member}')
        for k, collider in enumerate(designs[member].colliders):
            _add_collider(body, collider, '', density=designs[member].density,
                          mesh=_hull_name(member, k))
    for _ in range(LIGHTS):
        spec.worldbody.add_light(pos=(0, 0, 2), dir=(0, 0, -1), castshadow=True)
    return spec


def _set_options(spec: Any) -> None:
    mj = engine()
    spec.option.timestep = _STEP_S
    spec.option.density = _DRAG_DENSITY
    spec.option.integrator = mj.mjtIntegrator.mjINT_IMPLICITFAST
    spec.option.iterations, spec.option.ls_iterations = 30, 10
    spec.visual.quality.shadowsize = 2048
    # The statistics decide the sizes of lights and shadows: the same for every heap.
    spec.stat.extent, spec.stat.center = 1.0, (0, 0, 0)
    spec.visual.map.znear, spec.visual.map.zfar = 0.02, 20.0


def _add_material(spec: Any, name: str, texture: Texture, shine: float) -> None:
    mj = engine()
    image = spec.add_texture(name=name, type=mj.mjtTexture.mjTEXTURE_2D, nchannel=3,
                             width=texture.shape[1], height=texture.shape[0])
    image.data = np.ascontiguousarray(texture).tobytes()
    material = spec.add_material(name=name, specular=shine, shininess=0.2 + 0.7 * shine)
    material.textures[mj.mjtTextureRole.mjTEXROLE_RGB] = name


def _add_mesh(spec: Any, name: str, surface: Surface) -> None:
    faces = surface.faces.ravel()
    spec.add_mesh(name=name, uservert=surface.vertices.ravel(),
                  usernormal=surface.normals.ravel(), usertexcoord=surface.places.ravel(),
                  userface=faces, userfacenormal=faces, userfacetexcoord=faces,
                  # open and thin surfaces have no volume
                  inertia=engine().mjtMeshInertia.mjMESH_INERTIA_SHELL)


def _add_hull(spec: Any, name: str, collider: Collider) -> None:
    assert collider.points is not None
    spec.add_mesh(name=name, uservert=collider.points.ravel(), maxhullvert=_HULL_VERTICES)


def _hull_name(design: int, collider: int) -> str:
    return f'hull{design}-{collider}'


def _add_seen(body: Any, mesh: str, material: str) -> None:
    body.add_geom(type=engine().mjtGeom.mjGEOM_MESH, meshname=mesh, material=material,
                  group=SEEN, contype=0, conaffinity=0, mass=0)


def _add_collider(body: Any, collider: Collider, name: str, *, density: float = 500.0,
                  mesh: str = '') -> None:
    kinds = engine().mjtGeom
    kind = {'box': kinds.mjGEOM_BOX, 'cylinder': kinds.mjGEOM_CYLINDER,
            'capsule': kinds.mjGEOM_CAPSULE, 'sphere': kinds.mjGEOM_SPHERE,
            'ellipsoid': kinds.mjGEOM_ELLIPSOID, 'hull': kinds.mjGEOM_MESH}[collider.kind]
    size = (*collider.size, 0.0, 0.0)[:3]
    options: dict[str, Any] = {'meshname': mesh} if collider.kind == 'hull' else {'size': size}
    if name:
        options['name'] = name
    body.add_geom(type=kind, pos=collider.position, quat=collider.quaternion, group=COLLIDING,
                  density=density, friction=_FRICTION, condim=6, solref=(0.01, 1.0),
                  **options)
