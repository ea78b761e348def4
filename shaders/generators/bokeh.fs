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
    for (int layer = 0; layer < 3; layer++) {
        float n = float(layer);
        float size = (2.0 + 1.5 * n) * scale;
        vec2 p = uv * size + vec2(0.17 * t * (1.0 - 0.35 * n), 0.05 * t * (n - 1.0)) + seed * (3.1 + n) + n * 11.3;
        vec2 cell = floor(p);
        for (int k = 0; k < 9; k++) {
            vec2 c = cell + vec2(mod(float(k), 3.0), floor(float(k) / 3.0)) - 1.0;
            float who = hash(c + n * 29.0);
            if (who < 0.42) continue;
            float fresh = fract(who * 37.0);
            vec2 at = c + 0.5 + 0.38 * vec2(sin(who * 50.0 + 0.31 * t), cos(who * 80.0 + 0.23 * t));
            float disc = (0.30 + 0.30 * fresh) * focus;
            float from = length(p - at);
            if (from > disc * 1.2) continue;
            float soft = 0.06 + 0.10 * n * disc;
            float body = smoothstep(disc, disc - soft, from);
            float edge = body * smoothstep(disc - 0.16, disc - 0.03, from) * rim;
            float pulse = 0.55 + 0.45 * sin(t * (0.5 + fresh) + who * 90.0);
            vec3 tint = mix(light.rgb, mix(tone.rgb * 2.0, vec3(1.0, 0.92, 0.82), fract(who * 11.0) * 0.6), step(0.58, fresh));
            picture += tint * (0.62 * body + 0.75 * edge) * (0.12 + 0.34 * pulse) * fract(who * 19.0) / (0.75 + 0.25 * n);
        }
    }
    picture = 1.0 - exp(-1.5 * picture);
    picture *= 1.0 - 0.4 * dot(uv, uv);
    picture += (hash(gl_FragCoord.xy + fract(TIME) * 91.0) - 0.5) * 0.014;
    gl_FragColor = vec4(picture, 1.0);
}
