/*{
    "ISFVSN": "2",
    "CREDIT": "runtime",
    "DESCRIPTION": "Light leaks into the camera: warm veils sweep across, flare and let go.",
    "CATEGORIES": ["Generator", "Blur"],
    "INPUTS": [
        {"NAME": "speed", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.0, "MAX": 4.0},
        {"NAME": "seed", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.0, "MAX": 64.0},
        {"NAME": "scale", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.25, "MAX": 5.0},
        {"NAME": "burn", "TYPE": "float", "DEFAULT": 0.6, "MIN": 0.0, "MAX": 1.5},
        {"NAME": "deep", "TYPE": "color", "DEFAULT": [0.03, 0.008, 0.02, 1.0]},
        {"NAME": "tone", "TYPE": "color", "DEFAULT": [0.62, 0.10, 0.24, 1.0]},
        {"NAME": "light", "TYPE": "color", "DEFAULT": [1.0, 0.62, 0.22, 1.0]}
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
    vec3 picture = deep.rgb;
    vec2 warp = vec2(noise(uv * 0.9 + 0.19 * t + seed), noise(uv * 0.9 - 0.15 * t + 13.0)) - 0.5;
    for (int i = 0; i < 5; i++) {
        float n = float(i);
        float who = hash(vec2(n, seed));
        float turn = 0.6 * (who - 0.5) + 0.25 * sin(0.17 * t + n);
        vec2 p = mat2(cos(turn), -sin(turn), sin(turn), cos(turn)) * (uv + 0.55 * warp);
        float at = 1.25 * sin((0.23 + 0.19 * who) * t + n * 1.9 + seed);
        float wide = 0.16 + 0.42 * fract(who * 7.0);
        float veil = exp(-pow((p.x - at) / wide, 2.0));
        float hem = 1.0 / (1.0 + 90.0 * pow(max(abs(p.x - at - 0.5 * wide), 0.0), 2.0));
        float breathe = 0.45 + 0.55 * sin(0.9 * t * (0.5 + who) + n * 2.7);
        vec3 tint = mix(tone.rgb, light.rgb, fract(who * 13.0));
        picture += tint * veil * (0.10 + 0.42 * breathe * breathe);
        picture += mix(light.rgb, vec3(1.0, 0.95, 0.85), 0.4) * hem * veil * 0.18 * breathe;
    }
    float hot = smoothstep(0.62, 1.1, noise(vec2(0.5 * t, seed)) * 0.7 + 0.5 * noise(uv * 0.8 + vec2(0.6 * t, 0.0)));
    picture += (light.rgb * 0.8 + tone.rgb * 0.3) * hot * hot * burn;
    float streak = noise(vec2(uv.y * 26.0 + seed, 0.4 * t)) * noise(vec2(uv.y * 90.0, 1.3 * t));
    picture += light.rgb * 0.07 * streak * streak * (0.4 + hot);
    picture = 1.0 - exp(-1.35 * picture);
    picture += (hash(gl_FragCoord.xy + fract(TIME) * 91.0) - 0.5) * 0.014;
    gl_FragColor = vec4(picture, 1.0);
}
