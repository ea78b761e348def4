/*{
    "ISFVSN": "2",
    "CREDIT": "runtime",
    "DESCRIPTION": "A crowd walks through bright haze: near figures dark and large, far ones almost light.",
    "CATEGORIES": ["Generator", "People"],
    "INPUTS": [
        {"NAME": "speed", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.0, "MAX": 4.0},
        {"NAME": "seed", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.0, "MAX": 64.0},
        {"NAME": "scale", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.25, "MAX": 5.0},
        {"NAME": "haste", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.0, "MAX": 3.0},
        {"NAME": "deep", "TYPE": "color", "DEFAULT": [0.045, 0.018, 0.02, 1.0]},
        {"NAME": "tone", "TYPE": "color", "DEFAULT": [0.46, 0.20, 0.15, 1.0]},
        {"NAME": "light", "TYPE": "color", "DEFAULT": [1.0, 0.76, 0.52, 1.0]}
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

float limb(vec2 p, vec2 from, vec2 to, float thick) {
    vec2 along = to - from;
    float at = clamp(dot(p - from, along) / dot(along, along), 0.0, 1.0);
    return length(p - from - along * at) - thick;
}

float blend_in(float a, float b, float k) {
    float h = clamp(0.5 + 0.5 * (b - a) / k, 0.0, 1.0);
    return mix(b, a, h) - k * h * (1.0 - h);
}

// A walker of height 1 with the feet at the origin, `step_at` through the stride (radians).
float walker(vec2 p, float step_at, float build) {
    float lift = 0.018 * abs(cos(step_at));
    p.y -= lift;
    p.x -= 0.02 * sin(step_at * 0.5);
    vec2 hip = vec2(0.0, 0.48);
    float swing = 0.12 * sin(step_at);
    float coat = limb(p, hip + vec2(0.0, -0.04), vec2(0.0, 0.76), 0.075 + 0.035 * build);
    float body = blend_in(coat, limb(p, vec2(-0.075, 0.755), vec2(0.075, 0.755), 0.045), 0.07);
    body = blend_in(body, length((p - vec2(0.008, 0.925)) * vec2(1.12, 0.92)) - 0.062, 0.035);
    float leg = min(limb(p, hip, vec2(swing + 0.03, 0.0), 0.040), limb(p, hip, vec2(-swing - 0.03, 0.0), 0.040));
    body = blend_in(body, leg, 0.06);
    float arm = min(limb(p, vec2(0.10, 0.74), vec2(0.13 - 0.5 * swing, 0.46), 0.026),
                    limb(p, vec2(-0.10, 0.74), vec2(-0.13 - 0.5 * swing, 0.46), 0.026));
    return blend_in(body, arm, 0.03);
}

void main() {
    float t = TIME * speed;
    vec2 uv = (isf_FragNormCoord - 0.5) * vec2(RENDERSIZE.x / RENDERSIZE.y, 1.0);
    vec2 lamp_at = vec2(0.3 * sin(0.13 * t + seed), 0.12);
    float glow = exp(-1.5 * length((uv - lamp_at) * vec2(0.75, 1.0)));
    float drift = noise(uv * vec2(1.4, 2.6) + vec2(0.22 * t, -0.06 * t) + seed);
    vec3 haze = mix(deep.rgb * 1.5 + tone.rgb * 0.35, tone.rgb + light.rgb * 0.40, glow) + light.rgb * glow * glow * (0.55 + 0.35 * drift);
    vec3 picture = haze;
    for (int row = 0; row < 4; row++) {
        float near = (float(row) + 0.5) / 3.5;
        float size = mix(0.30, 1.22, near * near) * scale;
        float ground = mix(-0.15, -0.84, pow(near, 1.7));
        float way = mod(float(row), 2.0) * 2.0 - 1.0;
        vec2 p = (uv - vec2(0.0, ground)) / size;
        float pace = mix(0.55, 0.85, hash(vec2(float(row), seed))) * haste;
        p.x = p.x * way - pace * t * 0.42 + float(row) * 7.3 + seed * 3.1;
        float room = 0.5;
        float soft = 0.006 + 0.10 * pow(abs(near - 0.45), 1.5) + 1.0 / (RENDERSIZE.y * size);
            float cell = floor(p.x / room);
        float who = hash(vec2(cell, float(row) + seed * 1.7));
        vec2 q = vec2(p.x - (cell + 0.5) * room - 0.12 * (who - 0.5), p.y / (0.88 + 0.2 * fract(who * 9.0)));
        float stride = t * haste * (4.2 + 1.6 * who) + who * 6.28;
        float here = step(0.22, fract(who * 5.7));
        float shape = here * (1.0 - smoothstep(-soft * 0.4, soft, walker(q, stride, fract(who * 3.3))));
        vec3 cloth = mix(haze * 0.80, deep.rgb * 0.55 + tone.rgb * 0.05 * who, smoothstep(0.0, 0.85, near));
        cloth += light.rgb * 0.10 * glow * (1.0 - near);
        picture = mix(picture, cloth, shape * mix(0.72, 0.97, near));
        picture = mix(picture, haze, 0.13 * (1.0 - near));
        // Shadows fall towards us.
        float fall = exp(-9.0 * max(ground - uv.y, 0.0)) * step(uv.y, ground);
        picture *= 1.0 - 0.22 * fall * near;
    }
    picture += light.rgb * 0.10 * glow * drift;
    picture *= 1.0 - 0.5 * dot(uv, uv);
    picture += (hash(gl_FragCoord.xy + fract(TIME) * 91.0) - 0.5) * 0.014;
    gl_FragColor = vec4(picture, 1.0);
}
