/*{
    "ISFVSN": "2",
    "CREDIT": "runtime",
    "DESCRIPTION": "Lights far out of focus: discs that drift, overlap, swell and go.",
    "CATEGORIES": ["Generator", "Blur"],
    "INPUTS": [
        {"NAME": "speed", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.0, "MAX": 4.0},
        {"NAME": "seed", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.0, "MAX": 64.0},
        {"NAME": "scale", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.25, "MAX": 5.0},
        {"NAME": "rim", "TYPE": "float", "DEFAULT": 0.5, "MIN": 0.0, "MAX": 1.0},
        {"NAME": "deep", "TYPE": "color", "DEFAULT": [0.014, 0.016, 0.04, 1.0]},
        {"NAME": "tone", "TYPE": "color", "DEFAULT": [0.16, 0.30, 0.46, 1.0]},
        {"NAME": "light", "TYPE": "color", "DEFAULT": [1.0, 0.56, 0.30, 1.0]}
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
    vec2 uv = (isf_FragNormCoord - 0.5) * vec2(RENDERSIZE.x / RENDERSIZE.y, 1.0);
    float wash = noise(uv * 1.1 + vec2(0.10 * t, 0.05 * t) + seed);
    vec3 picture = deep.rgb + tone.rgb * 0.42 * wash * wash + light.rgb * 0.10 * noise(uv * 0.9 - 0.07 * t + 7.0);
    float focus = 0.85 + 0.30 * sin(0.31 * t + seed);
    for (int layer = 0; layer < 4; layer++) {
        float n = float(layer);
        float size = (1.5 + 1.0 * n) * scale;
        float turn = 0.7 * n + 0.4;
        vec2 p = mat2(cos(turn), -sin(turn), sin(turn), cos(turn)) * uv * size;
        p += vec2(0.15 * t * (1.0 - 0.3 * n), 0.05 * t * (n - 1.0)) + seed * (3.1 + n) + n * 11.3;
        vec2 corner = floor(p - 0.5);
        // A disc reaches at most 0.75 of a cell from the middle of its own: only four can touch this pixel.
        for (int k = 0; k < 4; k++) {
            vec2 cell = corner + vec2(mod(float(k), 2.0), floor(float(k) / 2.0));
            float who = hash(cell + n * 29.0);
            float fresh = fract(who * 37.0);
            float phase = who * 80.0;
            vec2 at = cell + 0.5 + 0.25 * vec2(sin(phase + 0.31 * t), cos(phase * 1.7 + 0.23 * t));
            float disc = min((0.22 + 0.26 * fresh) * focus, 0.5);
            float from = length(p - at);
            float body = smoothstep(disc, disc - 0.03 - 0.05 * n * disc, from) * step(0.36, who);
            float edge = body * smoothstep(disc - 0.12, disc - 0.02, from) * rim;
            float pulse = 0.55 + 0.45 * sin(t * (0.5 + fresh) + phase);
            vec3 other = mix(tone.rgb * 2.0, vec3(1.0, 0.92, 0.82), fract(who * 11.0) * 0.6);
            vec3 tint = mix(light.rgb, other, step(0.5, fract(who * 53.0)));
            picture += tint * (0.62 * body + 0.8 * edge) * (0.12 + 0.40 * pulse) * fract(who * 19.0);
        }
    }
    picture = 1.0 - exp(-1.5 * picture);
    picture *= 1.0 - 0.4 * dot(uv, uv);
    picture += (hash(gl_FragCoord.xy + fract(TIME) * 91.0) - 0.5) * 0.014;
    gl_FragColor = vec4(picture, 1.0);
}
