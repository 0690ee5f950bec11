"""GLSL 3.30 of the renderer: one material model for skin, cloth, hair, walls and iron (see ``mesh.Material``).

Two steps. Small triangles are dear on a processor, for llvmpipe runs the fragment program on 4 × 4 pixels for each of them: so the
first step only notes what is where (colour, normal, material, owner), and the second lights every pixel once.
"""

SURFACE_VERTEX = """
#version 330
uniform mat4 view_projection;
uniform float shell_depth;      // metres from the innermost to the outermost shell; 0 for a plain surface
uniform vec3 shell_drop;        // how far the tips hang or are combed, world m
uniform int shells;
in vec3 position; in vec3 normal; in vec3 rest; in vec3 rest_normal; in vec4 color; in float part;
out vec3 world; out vec3 world_normal; out vec3 template_at; out vec3 template_normal; out vec4 tint; out float layer;
out float depth; flat out float which;
void main() {
    layer = shells > 1 ? float(gl_InstanceID) / float(shells - 1) : 0.0;
    float room = clamp(color.a * 25.0, 0.0, 1.0);        // shells lie down towards the edge of the mesh
    world = position + normal * shell_depth * layer * room + shell_drop * layer * layer * room;
    world_normal = normal; template_at = rest; template_normal = rest_normal; tint = color; which = part;
    gl_Position = view_projection * vec4(world, 1.0);
    depth = gl_Position.w;
}
"""

#: A version line goes before; with ``#define CUT`` it also cuts edges and hair (llvmpipe tests depth early only without).
SURFACE_FRAGMENT = """
uniform sampler2D pattern;      // r: share of color_b, g: shade around 0.5, b: height, a: strand or leaf
uniform float pattern_scale; uniform float shade; uniform float bump; uniform float gloss; uniform float specular;
uniform vec3 color_b; uniform float translucent; uniform float emission; uniform float jag; uniform float fuzz;
uniform vec2 stretch; uniform int shells; uniform float catcher; uniform float density; uniform float owner;
in vec3 world; in vec3 world_normal; in vec3 template_at; in vec3 template_normal; in vec4 tint; in float layer;
in float depth; flat in float which;
layout(location = 0) out vec4 color_out;    // albedo; emission, or -catcher
layout(location = 1) out vec4 normal_out;   // world normal; specular
layout(location = 2) out vec4 gloss_out;    // gloss, translucent, fuzz, 0
layout(location = 3) out vec4 truth_out;    // owner, body part, depth along the view axis (m), 1

void main() {
    vec3 n = normalize(world_normal); if (!gl_FrontFacing && shells < 2) n = -n;
    vec3 a = abs(template_normal);  // the plane that the surface faces at rest
    vec2 uv = (a.x > a.y && a.x > a.z ? template_at.yz : a.y > a.z ? template_at.xz : template_at.xy);
    vec4 t = texture(pattern, uv * stretch * pattern_scale);
#ifdef CUT
    if (tint.a + (t.b - 0.5) * jag < 0.0) discard;
    if (shells > 1 && layer > 0.0 && t.a * density < layer) discard;
#endif
    vec3 albedo = mix(tint.rgb, color_b, t.r) * max(1.0 + shade * (2.0 * t.g - 1.0), 0.0);
    if (shells > 1) albedo *= 0.35 + 0.75 * layer;
    if (bump > 0.0) {
        vec3 px = dFdx(world), py = dFdy(world);
        vec3 r1 = cross(py, n), r2 = cross(n, px); float det = dot(px, r1);
        vec3 slope = sign(det) * (dFdx(t.b) * r1 + dFdy(t.b) * r2);
        n = normalize(abs(det) * n - bump * slope);
    }
    color_out = vec4(albedo, catcher > 0.0 ? -catcher * clamp(tint.a * 4.0, 0.0, 1.0) : emission);
    normal_out = vec4(n, specular);
    gloss_out = vec4(gloss, translucent, fuzz, 0.0);
    truth_out = vec4(owner, which, depth, 1.0);
}
"""

LIGHT_FRAGMENT = """
#version 330
uniform vec3 eye; uniform mat3 axes; uniform vec2 half_view;    // columns of axes: the view's x, y, z; half_view: its extent at 1 m
uniform vec3 sun_direction; uniform vec3 sun; uniform vec3 sky; uniform vec3 ground;
uniform mat4 sun_matrix; uniform mat4 zenith_matrix; uniform float sun_softness; uniform float exposure;
uniform sampler2DShadow sun_map; uniform sampler2DShadow zenith_map; uniform sampler2D picture;
uniform sampler2D color_in; uniform sampler2D normal_in; uniform sampler2D gloss_in; uniform sampler2D truth_in;
in vec2 at; out vec4 result;

float shadow(sampler2DShadow map, mat4 m, vec3 where, float radius, mat2 turn) {
    vec4 q = m * vec4(where, 1.0); vec3 p = q.xyz / q.w * 0.5 + 0.5;
    vec2 d[5] = vec2[5](vec2(.25,.1), vec2(-.45,.4), vec2(.15,-.65), vec2(-.8,-.3), vec2(.7,.55));
    float lit = 0.0;
    for (int i = 0; i < 5; i++) lit += texture(map, vec3(p.xy + turn * d[i] * radius, p.z));
    bool outside = p.x < 0.0 || p.x > 1.0 || p.y < 0.0 || p.y > 1.0 || p.z > 1.0;
    return outside ? 1.0 : lit / 5.0;
}

vec3 film(vec3 c) { return clamp((c * (2.51 * c + 0.03)) / (c * (2.43 * c + 0.59) + 0.14), 0.0, 1.0); }

void main() {
    vec4 truth = texture(truth_in, at), base = texture(color_in, at), s = texture(normal_in, at), m = texture(gloss_in, at);
    vec3 behind = texture(picture, vec2(at.x, 1.0 - at.y)).rgb;
    vec2 view = (at * 2.0 - 1.0) * half_view;
    vec3 world = eye + truth.z * (axes * vec3(view.x, -view.y, 1.0));
    vec3 n = s.xyz, v = normalize(eye - world), l = sun_direction, h = normalize(l + v), albedo = base.rgb;
    // Interleaved gradient noise (Jimenez 2014): neighbours differ evenly, so that the sensor smooths soft shadows.
    float angle = fract(52.9829189 * fract(dot(gl_FragCoord.xy, vec2(0.06711056, 0.00583715)))) * 6.2832;
    mat2 turn = mat2(cos(angle), sin(angle), -sin(angle), cos(angle));
    float open = shadow(zenith_map, zenith_matrix, world + n * 0.02 + vec3(0, 0, 0.01), 0.035, turn);
    float lit = shadow(sun_map, sun_matrix, world + n * 0.012, sun_softness, turn);
    float nl = dot(n, l);
    vec3 wrap = vec3(0.30, 0.12, 0.08) * m.y;   // light that wanders under skin: the edge of the shade is soft and red
    vec3 direct = max(vec3(nl) + wrap, 0.0) / (1.0 + wrap);
    vec3 ambient = mix(ground, sky, 0.5 + 0.5 * n.z) * (0.45 + 0.55 * open);
    float fresnel = pow(1.0 - max(dot(n, v), 0.0), 4.0);
    float shine = s.w * pow(max(dot(n, h), 0.0), max(m.x, 1.0)) * (m.x + 8.0) / 25.0;
    vec3 light = albedo * (direct * sun * lit + ambient);
    light += sun * lit * max(nl, 0.0) * shine + (s.w + m.z * albedo) * fresnel * sky * (0.4 + 0.6 * open) * 0.6;
    light = mix(light, albedo, max(base.a, 0.0));
    vec3 shown = pow(film(light * exposure), vec3(1.0 / 2.2));
    if (base.a < 0.0) {     // only the shadow is drawn, over a photograph
        float dark = (1.0 - lit * 0.9) * 0.55 + (1.0 - open) * 0.45;
        shown = behind * (1.0 - clamp(-dark * base.a, 0.0, 0.8));
    }
    result = vec4(truth.w > 0.0 ? shown : behind, 1.0);
}
"""

SCREEN_VERTEX = """
#version 330
in vec2 corner; out vec2 at;
void main() { at = corner * 0.5 + 0.5; gl_Position = vec4(corner, 0.0, 1.0); }
"""

SOLID_DEPTH_VERTEX = """
#version 330
uniform mat4 view_projection; in vec3 position;
void main() { gl_Position = view_projection * vec4(position, 1.0); }
"""

SOLID_DEPTH_FRAGMENT = """
#version 330
void main() {}
"""

DEPTH_VERTEX = """
#version 330
uniform mat4 view_projection; in vec3 position; in vec4 color; out vec4 tint;
void main() { tint = color; gl_Position = view_projection * vec4(position, 1.0); }
"""

DEPTH_FRAGMENT = """
#version 330
in vec4 tint;
void main() { if (tint.a < 0.0) discard; }
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
