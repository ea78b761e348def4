/*{
    "ISFVSN": "2",
    "CREDIT": "runtime",
    "DESCRIPTION": "One figure moves slowly before a round light and leaves echoes of itself.",
    "CATEGORIES": ["Generator", "People"],
    "INPUTS": [
        {"NAME": "speed", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.0, "MAX": 4.0},
        {"NAME": "seed", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.0, "MAX": 64.0},
        {"NAME": "scale", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.25, "MAX": 5.0},
        {"NAME": "echoes", "TYPE": "float", "DEFAULT": 0.8, "MIN": 0.0, "MAX": 1.0},
        {"NAME": "deep", "TYPE": "color", "DEFAULT": [0.04, 0.014, 0.024, 1.0]},
        {"NAME": "tone", "TYPE": "color", "DEFAULT": [0.55, 0.17, 0.16, 1.0]},
        {"NAME": "light", "TYPE": "color", "DEFAULT": [1.0, 0.72, 0.50, 1.0]}
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

float limb(vec2 p, vec2 from, vec2 to, float thick, float thin) {
    vec2 along = to - from;
    float at = clamp(dot(p - from, along) / dot(along, along), 0.0, 1.0);
    return length(p - from - along * at) - mix(thick, thin, at);
}

float blend_in(float a, float b, float k) {
    float h = clamp(0.5 + 0.5 * (b - a) / k, 0.0, 1.0);
    return mix(b, a, h) - k * h * (1.0 - h);
}

vec2 toward(float turn) {
    return vec2(sin(turn), cos(turn));
}

// The dancer at moment `m`: distance from the body, which stands about the origin and is 1 high.
float dancer(vec2 p, float m) {
    float sway = sin(m);
    vec2 hip = vec2(0.07 * sway, -0.04 + 0.02 * cos(2.0 * m));
    vec2 chest = hip + 0.21 * toward(0.30 * sin(m + 0.7));
    vec2 neck = chest + 0.08 * toward(0.42 * sin(m + 1.0));
    vec2 head = neck + 0.062 * toward(0.6 * sin(m + 1.3));
    float body = limb(p, hip, chest, 0.058, 0.068);
    body = blend_in(body, limb(p, chest, neck, 0.050, 0.026), 0.06);
    body = blend_in(body, length((p - head) * vec2(1.15, 0.95)) - 0.043, 0.035);
    for (int i = 0; i < 2; i++) {
        float side = float(i) * 2.0 - 1.0;
        float raise = side * (1.75 + 0.85 * sin(m * 0.83 + 1.6 * side)) + 0.2 * sway;
        vec2 shoulder = chest + vec2(side * 0.062, 0.035);
        vec2 elbow = shoulder + 0.15 * toward(raise);
        vec2 hand = elbow + 0.16 * toward(raise - side * (0.5 + 0.7 * sin(m * 1.1 + side)));
        body = blend_in(body, limb(p, shoulder, elbow, 0.026, 0.020), 0.035);
        body = blend_in(body, limb(p, elbow, hand, 0.020, 0.011), 0.012);
        float stance = 3.1416 - side * (0.26 + 0.22 * sin(m + side));
        vec2 knee = hip + vec2(side * 0.03, -0.02) + 0.20 * toward(stance);
        vec2 foot = knee + 0.22 * toward(stance + side * 0.25 * (0.6 + sin(m + 2.0 * side)));
        body = blend_in(body, limb(p, hip + vec2(side * 0.03, -0.02), knee, 0.048, 0.033), 0.05);
        body = blend_in(body, limb(p, knee, foot, 0.033, 0.017), 0.015);
    }
    return body;
}

void main() {
    float t = TIME * speed;
    vec2 uv = (isf_FragNormCoord - 0.5) * vec2(RENDERSIZE.x / RENDERSIZE.y, 1.0);
    float fit = min(1.0, RENDERSIZE.x / RENDERSIZE.y * 0.9);
    vec2 p = (uv + vec2(0.05 * sin(0.19 * t), 0.03)) / (scale * fit * (0.98 + 0.05 * sin(0.3 * t)));
    vec2 disc_at = vec2(0.05 * sin(0.23 * t + seed), 0.10);
    float from_disc = length(p - disc_at);
    float breath = 0.33 + 0.015 * sin(0.9 * t);
    float disc = smoothstep(breath + 0.02, breath - 0.05, from_disc);
    float smoke = noise(p * 2.6 + vec2(0.10 * t, -0.16 * t) + seed) * 0.6 + noise(p * 6.1 - vec2(0.2 * t, seed)) * 0.4;
    vec3 picture = deep.rgb + tone.rgb * exp(-2.6 * from_disc) * (0.5 + 0.6 * smoke);
    picture += (light.rgb * (0.55 + 0.5 * smoke) + tone.rgb * 0.25) * disc * 0.85;
    picture += light.rgb * 0.25 * exp(-26.0 * abs(from_disc - breath));

    float m = 0.85 * t + seed * 2.0;
    for (int i = 2; i >= 1; i--) {
        float late = float(i);
        float ghost = dancer(p - vec2(0.018 * late * sin(0.4 * t), 0.0), m - 0.42 * late);
        float veil = smoothstep(0.02 * late, -0.03, ghost) * echoes * 0.5 / (0.6 + 0.4 * late);
        picture = mix(picture, tone.rgb * 0.75 + deep.rgb, veil);
        picture += light.rgb * 0.055 * echoes * exp(-70.0 * abs(ghost)) ;
    }
    float body = dancer(p, m);
    float shape = smoothstep(0.020, -0.014, body);
    picture = mix(picture, deep.rgb * 0.6 + tone.rgb * 0.10 * smoke, 0.96 * shape);
    picture += light.rgb * 0.12 * exp(-34.0 * max(body, 0.0)) * smoothstep(0.6, 0.2, from_disc) * (1.0 - shape);
    float floor_light = exp(-11.0 * abs(p.y + 0.52)) * exp(-3.0 * p.x * p.x);
    picture += tone.rgb * 0.5 * floor_light + light.rgb * 0.12 * floor_light * smoke;
    picture *= 1.0 - 0.55 * dot(uv, uv);
    picture += (hash(gl_FragCoord.xy + fract(TIME) * 91.0) - 0.5) * 0.014;
    gl_FragColor = vec4(picture, 1.0);
}
