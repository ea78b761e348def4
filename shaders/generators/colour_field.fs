/*{
    "ISFVSN": "2",
    "CREDIT": "runtime",
    "DESCRIPTION": "Colour without edges: broad fields that lean into one another like a slow sunset.",
    "CATEGORIES": ["Generator", "Blur"],
    "INPUTS": [
        {"NAME": "speed", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.0, "MAX": 4.0},
        {"NAME": "seed", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.0, "MAX": 64.0},
        {"NAME": "scale", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.25, "MAX": 5.0},
        {"NAME": "depth", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.0, "MAX": 2.0},
        {"NAME": "deep", "TYPE": "color", "DEFAULT": [0.03, 0.05, 0.13, 1.0]},
        {"NAME": "tone", "TYPE": "color", "DEFAULT": [0.56, 0.20, 0.34, 1.0]},
        {"NAME": "light", "TYPE": "color", "DEFAULT": [1.0, 0.74, 0.46, 1.0]}
    ]
}*/

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

void main() {
    float t = TIME * speed;
    vec2 uv = (isf_FragNormCoord - 0.5) * vec2(RENDERSIZE.x / RENDERSIZE.y, 1.0) * scale;
    vec2 q = uv + 0.34 * vec2(sin(uv.y * 2.3 + 0.41 * t + seed), cos(uv.x * 1.9 - 0.33 * t + seed));
    q += 0.21 * depth * vec2(sin(q.y * 3.7 - 0.52 * t), cos(q.x * 3.1 + 0.47 * t));
    float low = noise(q * 0.9 + seed + 0.12 * t);
    float band = smoothstep(0.1, 0.9, 0.5 + 0.62 * (q.y + 0.35 * (low - 0.5)) + 0.16 * sin(0.29 * t));
    float mass = smoothstep(0.30, 0.75, noise(q * 1.25 + vec2(-0.17 * t, 0.1 * t) + seed * 2.0));
    vec3 picture = mix(mix(light.rgb, tone.rgb, smoothstep(0.0, 0.55, band)), deep.rgb, smoothstep(0.45, 1.0, band));
    picture = mix(picture, tone.rgb * 1.1 + 0.12 * light.rgb, 0.65 * mass);
    float fold = sin(3.4 * q.x + 2.1 * q.y + 0.6 * t + seed);
    picture += light.rgb * 0.24 * pow(0.5 + 0.5 * fold, 7.0);
    picture = mix(picture, deep.rgb * 0.9, 0.55 * pow(0.5 - 0.5 * fold, 3.0));
    vec2 sun_at = vec2(0.42 * sin(0.21 * t + seed), -0.12 + 0.15 * cos(0.27 * t));
    picture += light.rgb * 0.55 * exp(-5.5 * length(uv - sun_at));
    picture *= 1.0 - 0.35 * dot(uv, uv) / (scale * scale);
    picture += (hash(gl_FragCoord.xy + fract(TIME) * 91.0) - 0.5) * 0.014;
    gl_FragColor = vec4(picture, 1.0);
}
