"""GLSL 3.30 of the renderer. One material model for skin, cloth, hair, walls and iron; see ``mesh.Material``."""

SURFACE_VERTEX = """
#version 330
uniform mat4 view_projection;
uniform float shell_depth;      // metres from the innermost to the outermost shell; 0 for a plain surface
uniform vec3 shell_drop;        // how far the tips hang or are combed, world m
uniform int shells;
in vec3 position; in vec3 normal; in vec3 rest; in vec3 rest_normal; in vec4 color;
out vec3 world; out vec3 world_normal; out vec3 template_at; out vec3 template_normal; out vec4 tint; out float layer;
void main() {
    layer = shells > 1 ? float(gl_InstanceID) / float(shells - 1) : 0.0;
    float room = clamp(color.a * 25.0, 0.0, 1.0);        // shells lie down towards the edge of the mesh
    world = position + normal * shell_depth * layer * room + shell_drop * layer * layer * room;
    world_normal = normal; template_at = rest; template_normal = rest_normal; tint = color;
    gl_Position = view_projection * vec4(world, 1.0);
}
"""

SURFACE_FRAGMENT = """
#version 330
uniform vec3 eye; uniform vec3 sun_direction; uniform vec3 sun; uniform vec3 sky; uniform vec3 ground;
uniform mat4 sun_matrix; uniform mat4 zenith_matrix; uniform float sun_softness; uniform float exposure;
uniform sampler2DShadow sun_map; uniform sampler2DShadow zenith_map;
uniform sampler2D pattern;      // r: share of color_b, g: shade around 0.5, b: height, a: strand or leaf
uniform float pattern_scale; uniform float shade; uniform float bump; uniform float gloss; uniform float specular;
uniform vec3 color_b; uniform float translucent; uniform float emission; uniform float jag; uniform float fuzz;
uniform vec2 stretch; uniform int shells; uniform float catcher; uniform float density;
in vec3 world; in vec3 world_normal; in vec3 template_at; in vec3 template_normal; in vec4 tint; in float layer;
out vec4 result;

vec4 tri(vec3 p, vec3 n) {      // the plane that the surface faces at rest; one fetch, for llvmpipe's sake
    vec3 a = abs(n); vec2 s = stretch * pattern_scale;
    return texture(pattern, (a.x > a.y && a.x > a.z ? p.yz : a.y > a.z ? p.xz : p.xy) * s);
}

float shadow(sampler2DShadow map, mat4 m, vec3 at, float radius, int taps) {
    vec4 q = m * vec4(at, 1.0); vec3 p = q.xyz / q.w * 0.5 + 0.5;
    if (p.x < 0.0 || p.x > 1.0 || p.y < 0.0 || p.y > 1.0 || p.z > 1.0) return 1.0;
    float turn = fract(sin(dot(gl_FragCoord.xy, vec2(12.9898, 78.233))) * 43758.5453) * 6.2832;
    mat2 spin = mat2(cos(turn), sin(turn), -sin(turn), cos(turn)) * radius;
    vec2 d[8] = vec2[8](vec2(.17,.05), vec2(-.3,.22), vec2(.1,-.46), vec2(-.52,-.31), vec2(.56,.42), vec2(-.18,.74),
                        vec2(.79,-.38), vec2(-.88,.15));
    float lit = 0.0;
    for (int i = 0; i < taps; i++) lit += texture(map, vec3(p.xy + spin * d[i], p.z));
    return lit / float(taps);
}

vec3 film(vec3 c) { return clamp((c * (2.51 * c + 0.03)) / (c * (2.43 * c + 0.59) + 0.14), 0.0, 1.0); }

void main() {
    vec3 n = normalize(world_normal); if (!gl_FrontFacing && shells < 2) n = -n;
    vec4 t = tri(template_at, template_normal);
    if (tint.a + (t.b - 0.5) * jag < 0.0) discard;
    if (shells > 1 && layer > 0.0 && t.a * density < layer) discard;
    vec3 albedo = mix(tint.rgb, color_b, t.r) * max(1.0 + shade * (2.0 * t.g - 1.0), 0.0);
    if (shells > 1) albedo *= 0.35 + 0.75 * layer;
    vec3 px = dFdx(world), py = dFdy(world);
    if (bump > 0.0) {
        vec3 r1 = cross(py, n), r2 = cross(n, px); float det = dot(px, r1);
        vec3 slope = sign(det) * (dFdx(t.b) * r1 + dFdy(t.b) * r2);
        n = normalize(abs(det) * n - clamp(bump, 0.0, 1.0) * slope);
    }
    vec3 v = normalize(eye - world), l = sun_direction, h = normalize(l + v);
    float open = shadow(zenith_map, zenith_matrix, world + n * 0.02 + vec3(0, 0, 0.01), 0.035, 8);
    float lit = shadow(sun_map, sun_matrix, world + n * 0.012, sun_softness, 5);
    float nl = dot(n, l);
    vec3 direct = vec3(max(nl, 0.0));
    if (translucent > 0.0)  // light that wanders under skin: the edge of the shade is soft and red
        direct = max(vec3(nl) + vec3(0.30, 0.12, 0.08) * translucent, 0.0) / (1.0 + vec3(0.30, 0.12, 0.08) * translucent);
    vec3 ambient = mix(ground, sky, 0.5 + 0.5 * n.z) * (0.45 + 0.55 * open);
    float fresnel = pow(1.0 - max(dot(n, v), 0.0), 4.0);
    float shine = specular * pow(max(dot(n, h), 0.0), gloss) * (gloss + 8.0) / 25.0;
    vec3 light = albedo * (direct * sun * lit + ambient);
    light += sun * lit * max(nl, 0.0) * shine + (specular + fuzz * albedo) * fresnel * sky * (0.4 + 0.6 * open) * 0.6;
    light = mix(light, albedo, emission);
    if (catcher > 0.0) {    // only the shadow is drawn, over a photograph
        float dark = (1.0 - lit * 0.9) * 0.55 + (1.0 - open) * 0.45;
        float fade = clamp(tint.a * 4.0, 0.0, 1.0);
        result = vec4(0.0, 0.0, 0.0, clamp(dark * catcher, 0.0, 0.8) * fade); return;
    }
    result = vec4(pow(film(light * exposure), vec3(1.0 / 2.2)), 1.0);
}
"""

SOLID_DEPTH_VERTEX = """
#version 330
uniform mat4 view_projection; in vec3 position;
void main() { gl_Position = view_projection * vec4(position, 1.0); }
"""

DEPTH_VERTEX = """
#version 330
uniform mat4 view_projection; in vec3 position; in vec4 color; out vec4 tint;
void main() { tint = color; gl_Position = view_projection * vec4(position, 1.0); }
"""

SOLID_DEPTH_FRAGMENT = """
#version 330
void main() {}
"""

DEPTH_FRAGMENT = """
#version 330
in vec4 tint;
void main() {
    if (tint.a < 0.0) discard;
}
"""

TRUTH_VERTEX = """
#version 330
uniform mat4 view_projection;
in vec3 position; in vec4 color; in float part;
out float cut; out float depth; flat out float which;
void main() {
    gl_Position = view_projection * vec4(position, 1.0);
    cut = color.a; depth = gl_Position.w; which = part;
}
"""

TRUTH_FRAGMENT = """
#version 330
uniform float owner;
in float cut; in float depth; flat in float which;
layout(location = 0) out vec4 result;   // owner, body part, depth along the view axis (m), 1
void main() { if (cut < 0.0) discard; result = vec4(owner, which, depth, 1.0); }
"""

BACKDROP_VERTEX = """
#version 330
in vec2 corner; out vec2 at;
void main() { at = corner * 0.5 + 0.5; gl_Position = vec4(corner, 0.99999, 1.0); }
"""

BACKDROP_FRAGMENT = """
#version 330
uniform sampler2D picture; in vec2 at; out vec4 result;
void main() { result = vec4(texture(picture, vec2(at.x, 1.0 - at.y)).rgb, 1.0); }
"""
