/*{
    "ISFVSN": "2",
    "CREDIT": "runtime",
    "DESCRIPTION": "An astrolabe in the dark: graduated rings turn against one another and a needle seeks north.",
    "CATEGORIES": ["Generator", "Orientation"],
    "INPUTS": [
        {"NAME": "speed", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.0, "MAX": 4.0},
        {"NAME": "seed", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.0, "MAX": 64.0},
        {"NAME": "scale", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.4, "MAX": 3.0},
        {"NAME": "centre", "TYPE": "point2D", "DEFAULT": [0.16, -0.12], "MIN": [-1.0, -1.0], "MAX": [1.0, 1.0]},
        {"NAME": "tilt", "TYPE": "float", "DEFAULT": 0.45, "MIN": 0.0, "MAX": 0.8},
        {"NAME": "deep", "TYPE": "color", "DEFAULT": [0.01, 0.022, 0.045, 1.0]},
        {"NAME": "tone", "TYPE": "color", "DEFAULT": [0.05, 0.2, 0.27, 1.0]},
        {"NAME": "light", "TYPE": "color", "DEFAULT": [1.0, 0.8, 0.5, 1.0]}
    ]
}*/

const float TURN = 6.2831853;

float hash(vec2 cell) {
    vec2 q = fract(cell * vec2(0.7548777, 0.5698403));
    q += dot(q, q.yx + 31.71);
    return fract((q.x + q.y) * q.x * 3.17);
}

float noise(vec2 p) {
    vec2 cell = floor(p);
    vec2 f = p - cell;
    f = f * f * (3.0 - 2.0 * f);
    return mix(mix(hash(cell), hash(cell + vec2(1.0, 0.0)), f.x),
               mix(hash(cell + vec2(0.0, 1.0)), hash(cell + vec2(1.0, 1.0)), f.x), f.y);
}

// A soft stroke: 1 within `width` of the middle, gone `soft` further out.
float stroke(float away, float width, float soft) {
    return 1.0 - smoothstep(width, width + soft, abs(away));
}

void main() {
    float t = TIME * speed;
    vec2 uv = (isf_FragNormCoord - 0.5) * vec2(RENDERSIZE.x / RENDERSIZE.y, 1.0);
    float lean = 0.5 * sin(0.11 * t + seed);
    vec2 view = mat2(cos(lean), -sin(lean), sin(lean), cos(lean)) * uv;
    float depth = 1.0 / (1.0 - tilt * view.y);
    vec2 p = (view * depth - centre - 0.04 * vec2(sin(0.21 * t), cos(0.17 * t))) / (scale * (0.92 + 0.012 * t));
    float radius = length(p);
    float angle = atan(p.y, p.x);
    // Out of focus away from a plane that drifts through the disc.
    float soft = 1.6 / RENDERSIZE.y + 0.022 * abs(view.y - 0.18 * sin(0.23 * t));
    float strength = 0.004 / (0.0035 + soft * 0.25);

    float ink = 0.0;
    float glow = 0.0;
    for (int i = 0; i < 6; i++) {
        float n = float(i);
        float at = 0.13 + 0.125 * n + 0.02 * sin(n * 2.1 + seed);
        float way = (mod(n, 2.0) * 2.0 - 1.0) * (0.22 - 0.025 * n);
        float turned = angle + way * t + hash(vec2(n, seed)) * TURN;
        float count = floor(mix(24.0, 120.0, hash(vec2(n + 9.0, seed))) / 8.0) * 8.0;
        float step_at = turned / TURN * count;
        float tick = (abs(fract(step_at) - 0.5) - 0.5) / count * TURN * radius;
        float major = step(mod(floor(step_at + 0.5), 8.0), 0.5);
        float reach = mix(0.016, 0.044, major);
        float inside = smoothstep(at - soft, at, radius) * (1.0 - smoothstep(at + reach, at + reach + soft, radius));
        ink += stroke(tick, 0.0010 + 0.0008 * major, soft) * inside * mix(0.55, 1.0, major);
        ink += stroke(radius - at, 0.0009, soft) * 0.8;
        // Every ring carries one bright arc: where it points is what changes as you scrub.
        float arc = smoothstep(0.75, 1.0, cos(turned + 1.7 * n));
        ink += arc * stroke(radius - at - 0.052, 0.0035, soft) * 1.2;
        glow += arc * exp(-42.0 * abs(radius - at - 0.052));
    }

    float seek = 1.35 + 0.5 * sin(0.6 * t) * exp(-0.04 * t) + 0.09 * sin(2.3 * t) + 0.03 * sin(7.1 * t);
    vec2 needle = mat2(cos(seek), -sin(seek), sin(seek), cos(seek)) * p;
    float half_width = 0.021 * (1.0 - abs(needle.x) / 0.62);
    float body = (1.0 - smoothstep(half_width, half_width + soft, abs(needle.y))) * step(abs(needle.x), 0.62);
    float facet = needle.x * needle.y > 0.0 ? 1.0 : 0.45;
    float north = smoothstep(0.0, 0.01, needle.x);

    // Eight points of the rose, long and short in turn.
    float eighth = abs(fract(angle / TURN * 8.0 + 0.02 * t) - 0.5) * 2.0;
    float rose = smoothstep(soft * 4.0, 0.0, radius - 0.1 - 0.15 * pow(eighth, 5.0)) * 0.35 * (0.4 + 0.6 * eighth);

    float paper = 0.6 * noise(p * 5.0 + seed) + 0.4 * noise(p * 17.0 - seed);
    vec3 picture = mix(deep.rgb, tone.rgb, (0.16 + 0.5 * paper) * exp(-2.1 * radius * radius));
    picture += tone.rgb * rose;
    picture += light.rgb * min(ink * strength, 1.4) * exp(-0.9 * radius) * 0.85;
    picture += light.rgb * glow * 0.16 * exp(-radius);
    vec3 steel = mix(tone.rgb * 1.6, light.rgb, north);
    picture = mix(picture, steel * facet, body * 0.95);
    picture += light.rgb * 0.10 * exp(-9.0 * abs(needle.y) - 3.0 * abs(needle.x - 0.3));
    picture += light.rgb * 0.22 * exp(-14.0 * radius);
    picture *= 1.0 - 0.6 * dot(uv, uv);
    picture += (hash(gl_FragCoord.xy + fract(TIME) * 91.0) - 0.5) * 0.014;
    gl_FragColor = vec4(picture, 1.0);
}
