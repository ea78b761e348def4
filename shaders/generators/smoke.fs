/*{
    "ISFVSN": "2",
    "CREDIT": "runtime",
    "DESCRIPTION": "Smoke or ink that folds into itself, lit from one side.",
    "CATEGORIES": ["Generator", "Elemental"],
    "INPUTS": [
        {"NAME": "speed", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.0, "MAX": 4.0},
        {"NAME": "seed", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.0, "MAX": 64.0},
        {"NAME": "scale", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.25, "MAX": 5.0},
        {"NAME": "rise", "TYPE": "float", "DEFAULT": 0.35, "MIN": -1.0, "MAX": 2.0},
        {"NAME": "deep", "TYPE": "color", "DEFAULT": [0.012, 0.014, 0.022, 1.0]},
        {"NAME": "tone", "TYPE": "color", "DEFAULT": [0.30, 0.24, 0.27, 1.0]},
        {"NAME": "light", "TYPE": "color", "DEFAULT": [1.0, 0.80, 0.62, 1.0]}
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

float puff(vec2 p) {
    return 0.52 * noise(p) + 0.27 * noise(p * 2.03 + 7.1) + 0.14 * noise(p * 4.1 + 3.7) + 0.07 * noise(p * 8.3);
}

void main() {
    float t = TIME * speed;
    vec2 uv = (isf_FragNormCoord - 0.5) * vec2(RENDERSIZE.x / RENDERSIZE.y, 1.0);
    vec2 p = uv * 2.3 * scale + seed * vec2(3.7, 8.1) - vec2(0.0, rise * t);
    vec2 fold = vec2(noise(p * 0.9 + vec2(0.13 * t, 1.7)), noise(p * 0.9 + vec2(5.2, -0.11 * t)));
    vec2 curl = vec2(noise(p * 1.7 + 3.0 * fold + 0.17 * t), noise(p * 1.7 - 3.0 * fold.yx + 9.0 - 0.13 * t));
    vec2 q = p + 2.1 * (fold - 0.5) + 1.3 * (curl - 0.5);
    float density = puff(q);
    vec2 lamp_at = vec2(0.75 * cos(0.1 * t + seed), 0.55);
    float shadow = puff(q + lamp_at * 0.16);
    float thick = smoothstep(0.34, 0.72, density);
    float lit = clamp(0.5 + 3.6 * (density - shadow), 0.0, 1.4);

    float beam = exp(-1.25 * length(uv - lamp_at * 0.7));
    vec3 picture = deep.rgb + tone.rgb * 0.28 * beam;
    vec3 cloth = mix(tone.rgb * 0.35, light.rgb, lit * (0.35 + 1.15 * beam));
    cloth = mix(cloth, tone.rgb, 0.25 * (1.0 - lit));
    picture = mix(picture, cloth, thick * (0.35 + 0.65 * smoothstep(0.1, 0.5, fold.x)));
    float vein = exp(-abs(density - 0.55) * 34.0);
    picture += light.rgb * vein * beam * 0.3;
    picture += light.rgb * 0.22 * beam * beam;
    picture *= 1.0 - 0.5 * dot(uv, uv);
    picture += (hash(gl_FragCoord.xy + fract(TIME) * 91.0) - 0.5) * 0.014;
    gl_FragColor = vec4(picture, 1.0);
}
