/*{
    "ISFVSN": "2",
    "CREDIT": "runtime",
    "DESCRIPTION": "Flames that tear upwards out of an ember bed, with sparks that drift off.",
    "CATEGORIES": ["Generator", "Elemental"],
    "INPUTS": [
        {"NAME": "speed", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.0, "MAX": 4.0},
        {"NAME": "seed", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.0, "MAX": 64.0},
        {"NAME": "scale", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.25, "MAX": 5.0},
        {"NAME": "embers", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.0, "MAX": 2.0},
        {"NAME": "deep", "TYPE": "color", "DEFAULT": [0.02, 0.006, 0.006, 1.0]},
        {"NAME": "tone", "TYPE": "color", "DEFAULT": [0.78, 0.13, 0.02, 1.0]},
        {"NAME": "light", "TYPE": "color", "DEFAULT": [1.0, 0.74, 0.32, 1.0]}
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
    vec2 uv = isf_FragNormCoord;
    uv.x = (uv.x - 0.5) * RENDERSIZE.x / RENDERSIZE.y;
    vec2 p = vec2(uv.x, uv.y * 0.62) * 3.1 * scale + seed * 5.3;

    float sway = (noise(vec2(p.x * 0.6, p.y * 0.7 - 0.9 * t)) - 0.5) * (0.3 + 1.5 * uv.y);
    vec2 q = p + vec2(sway, -2.1 * t);
    vec2 curl = vec2(noise(q * 1.7 + 3.1), noise(q * 1.7 + 17.4)) - 0.5;
    q += curl * (0.35 + 0.75 * uv.y);
    float body = 0.55 * noise(q) + 0.28 * noise(q * vec2(2.2, 1.9) + vec2(0.0, -0.9 * t))
               + 0.17 * noise(q * vec2(4.9, 3.7) + vec2(0.0, -2.0 * t));
    float swell = 0.92 + 0.16 * sin(0.8 * t) + 0.25 * (noise(vec2(0.7 * t, seed)) - 0.5);
    float height = uv.y / swell + 0.22 * abs(uv.x - 0.15 * sin(0.5 * t));
    float heat = body * 1.55 - height * 1.05 + 0.12;
    heat = clamp(heat, 0.0, 1.0);
    float core = smoothstep(0.30, 0.95, heat);

    vec3 picture = deep.rgb * (1.0 + 3.0 * (1.0 - uv.y));
    picture += tone.rgb * 0.42 * exp(-2.4 * height) * (0.7 + 0.3 * noise(vec2(1.7 * t, 4.0)));
    picture += tone.rgb * 1.5 * pow(heat, 1.5);
    picture = mix(picture, light.rgb, 0.92 * core);
    picture += vec3(1.0, 0.9, 0.72) * 0.5 * pow(core, 4.0);
    // Smoke takes the light away above the tongues.
    picture *= 1.0 - 0.35 * smoothstep(0.45, 0.7, noise(p * 0.8 + vec2(sway, -0.7 * t))) * smoothstep(0.3, 0.8, uv.y);

    for (int i = 0; i < 2; i++) {
        float size = 7.0 + 6.0 * float(i);
        vec2 s = vec2(uv.x + 0.05 * sin(3.0 * uv.y + t), uv.y) * size + vec2(seed, -(1.9 + 1.3 * float(i)) * t);
        vec2 cell = floor(s);
        float luck = hash(cell + seed);
        vec2 at = vec2(0.5) + 0.36 * vec2(sin(luck * 40.0 + 2.0 * t), cos(luck * 90.0 + 1.4 * t));
        float spark = exp(-95.0 * dot(s - cell - at, s - cell - at)) * step(0.84, luck) * (0.15 + 0.85 * fract(luck * 71.0));
        picture += light.rgb * spark * embers * 1.3 * (1.0 - 0.55 * uv.y);
    }
    picture += (hash(gl_FragCoord.xy + fract(TIME) * 91.0) - 0.5) * 0.014;
    gl_FragColor = vec4(picture, 1.0);
}
