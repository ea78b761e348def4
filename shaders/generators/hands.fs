/*{
    "ISFVSN": "2",
    "CREDIT": "runtime",
    "DESCRIPTION": "Hands behind frosted glass: they come close, touch, spread and draw back.",
    "CATEGORIES": ["Generator", "People"],
    "INPUTS": [
        {"NAME": "speed", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.0, "MAX": 4.0},
        {"NAME": "seed", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.0, "MAX": 64.0},
        {"NAME": "scale", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.25, "MAX": 5.0},
        {"NAME": "press", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.0, "MAX": 1.5},
        {"NAME": "deep", "TYPE": "color", "DEFAULT": [0.05, 0.02, 0.022, 1.0]},
        {"NAME": "tone", "TYPE": "color", "DEFAULT": [0.62, 0.30, 0.22, 1.0]},
        {"NAME": "light", "TYPE": "color", "DEFAULT": [1.0, 0.84, 0.66, 1.0]}
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

// An open hand about the origin, fingers up, `spread` 0 closed to 1 wide; the arm leaves downwards.
float hand(vec2 p, float spread) {
    float body = limb(p, vec2(0.0, -0.06), vec2(0.0, 0.03), 0.085, 0.088);
    body = blend_in(body, limb(p, vec2(0.0, -0.10), vec2(0.02, -0.60), 0.055, 0.090), 0.05);
    for (int i = 0; i < 4; i++) {
        float n = float(i) - 1.5;
        float turn = n * (0.10 + 0.19 * spread);
        float reach = 0.175 - 0.018 * n * n + 0.006 * n;
        vec2 root = vec2(0.050 * n, 0.085 - 0.008 * n * n);
        body = blend_in(body, limb(p, root, root + reach * vec2(sin(turn), cos(turn)), 0.027, 0.019), 0.016);
    }
    float turn = -0.95 - 0.35 * spread;
    vec2 root = vec2(-0.070, -0.045);
    return blend_in(body, limb(p, root, root + 0.155 * vec2(sin(turn), cos(turn)), 0.032, 0.021), 0.035);
}

void main() {
    float t = TIME * speed;
    vec2 uv = (isf_FragNormCoord - 0.5) * vec2(RENDERSIZE.x / RENDERSIZE.y, 1.0);
    vec2 frost = vec2(noise(uv * 60.0), noise(uv * 60.0 + 17.0)) - 0.5;
    float flow = noise(uv * 1.6 + vec2(0.12 * t, -0.07 * t) + seed);
    vec2 lamp_at = vec2(0.45 * sin(0.21 * t + seed), 0.22 + 0.1 * cos(0.17 * t));
    float glow = exp(-1.55 * length(uv - lamp_at));
    vec3 picture = deep.rgb * 1.4 + tone.rgb * (0.25 + 0.5 * flow) * (0.35 + glow) + light.rgb * 0.95 * glow * glow * (0.7 + 0.5 * flow);
    for (int i = 0; i < 3; i++) {
        float n = float(i);
        float phase = t * (0.52 + 0.07 * n) + n * 2.4 + seed;
        float close = clamp(0.5 + 0.62 * sin(phase), 0.0, 1.0) * press;
        vec2 at = vec2((n - 1.0) * 0.46 + 0.10 * sin(0.7 * phase + n), -0.10 + 0.13 * sin(0.43 * t + 2.0 * n) + 0.08 * close);
        float turn = (n - 1.0) * -0.22 + 0.22 * sin(0.5 * phase + 1.0);
        float side = n > 1.5 ? -1.0 : 1.0;
        vec2 p = (uv - at + frost * 0.022 * (1.2 - min(close, 1.0))) / (scale * (0.98 + 0.22 * close));
        p = mat2(cos(turn), -sin(turn), sin(turn), cos(turn)) * p;
        p.x *= side;
        float away = hand(p, 0.45 + 0.55 * sin(phase + 0.6));
        float soft = mix(0.16, 0.020, smoothstep(0.1, 1.0, close));
        float shape = smoothstep(soft, -soft * 0.6, away);
        float flat_on = smoothstep(0.55, 1.0, close) * smoothstep(0.012, -0.045, away);
        vec3 shade = mix(deep.rgb * 0.9 + tone.rgb * 0.16, deep.rgb * 0.6, close);
        picture = mix(picture, shade, shape * mix(0.42, 0.80, close));
        // Where skin lies on the glass it is lit from our side.
        picture += (tone.rgb * 0.50 + light.rgb * 0.12) * flat_on * (0.45 + 0.5 * noise(p * 16.0));
        picture += light.rgb * 0.14 * exp(-40.0 * max(away, 0.0)) * smoothstep(0.7, 1.0, close) * step(0.0, away);
    }
    picture *= 0.93 + 0.14 * noise(uv * 130.0);
    picture *= 1.0 - 0.5 * dot(uv, uv);
    picture += (hash(gl_FragCoord.xy + fract(TIME) * 91.0) - 0.5) * 0.014;
    gl_FragColor = vec4(picture, 1.0);
}
