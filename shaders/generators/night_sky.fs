/*{
    "ISFVSN": "2",
    "CREDIT": "runtime",
    "DESCRIPTION": "Stars wheel about the pole over ridges that fade into mist, from night towards dawn.",
    "CATEGORIES": ["Generator", "Orientation"],
    "INPUTS": [
        {"NAME": "speed", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.0, "MAX": 4.0},
        {"NAME": "seed", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.0, "MAX": 64.0},
        {"NAME": "scale", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.3, "MAX": 3.0},
        {"NAME": "horizon", "TYPE": "float", "DEFAULT": -0.2, "MIN": -0.5, "MAX": 0.4},
        {"NAME": "dawn", "TYPE": "float", "DEFAULT": 0.5, "MIN": 0.0, "MAX": 1.0},
        {"NAME": "deep", "TYPE": "color", "DEFAULT": [0.008, 0.018, 0.05, 1.0]},
        {"NAME": "tone", "TYPE": "color", "DEFAULT": [0.08, 0.24, 0.36, 1.0]},
        {"NAME": "light", "TYPE": "color", "DEFAULT": [1.0, 0.62, 0.34, 1.0]}
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

float ridge(float x, float row) {
    float far = row * 13.7;
    return 0.55 * noise(vec2(x * 1.3, far)) + 0.27 * noise(vec2(x * 3.1, far + 5.0))
         + 0.12 * noise(vec2(x * 7.3, far + 9.0)) + 0.05 * noise(vec2(x * 19.0, far + 2.0));
}

void main() {
    float t = TIME * speed;
    vec2 uv = (isf_FragNormCoord - 0.5) * vec2(RENDERSIZE.x / RENDERSIZE.y, 1.0);
    float pixel = 1.0 / RENDERSIZE.y;
    float up = uv.y - horizon;
    float day = dawn * smoothstep(0.0, 12.0, t + 2.0);

    vec3 sky = mix(tone.rgb * (0.75 + 0.9 * day), deep.rgb * (1.0 + 2.0 * day), smoothstep(-0.1, 0.6, up));
    sky += light.rgb * day * 0.8 * exp(-7.0 * max(up, 0.0));
    vec2 sun_at = vec2(0.28 * sin(seed), horizon - 0.06 + 0.10 * day);
    float glow = exp(-3.2 * length((uv - sun_at) * vec2(0.55, 1.5)));
    sky += light.rgb * glow * (0.12 + 0.9 * day);

    // Trails: thin rings about the pole, each with arcs that all turn together.
    vec2 q = (uv - vec2(-0.22 + 0.1 * sin(seed), 0.30)) / scale;
    float radius = length(q);
    float angle = atan(q.y, q.x) / TURN;
    float trail = 0.045 + 0.012 * t;
    for (int i = 0; i < 2; i++) {
        float rings = i == 0 ? 95.0 : 61.0;
        float ring = floor(radius * rings);
        float pick = hash(vec2(ring + 31.0 * float(i), seed));
        float across = (fract(radius * rings) - 0.5) / rings;
        float along = fract(angle * (1.0 + float(i)) + pick - 0.006 * t);
        float arc = smoothstep(0.0, 0.5 * trail, along) * smoothstep(trail, 0.96 * trail, along);
        float head = exp(-pow((along - 0.96 * trail) * radius * 260.0, 2.0));
        float line = 1.0 - smoothstep(0.15 * pixel, 1.4 * pixel, abs(across));
        vec3 tint = mix(vec3(0.72, 0.85, 1.0), light.rgb, step(0.7, fract(pick * 7.0)));
        sky += tint * line * (0.45 * arc + 0.9 * head) * pick * (1.0 - 0.75 * day) * smoothstep(-0.02, 0.3, up);
    }
    float milky = noise(q * 3.0 + seed) * noise(q * 7.0 - seed);
    sky += tone.rgb * 0.5 * milky * exp(-12.0 * pow(q.x * 0.8 + q.y * 0.6 + 0.1, 2.0)) * (1.0 - day);

    vec3 picture = sky;
    for (int i = 0; i < 5; i++) {
        float row = float(i);
        float near = (row + 1.0) / 5.0;
        float top = horizon - 0.02 - 0.34 * near * near + (0.16 + 0.16 * near)
                  * ridge(uv.x * (1.4 - 0.5 * near) + 0.05 * t * near * near + seed, row + seed);
        float land = smoothstep(-pixel, pixel, top - uv.y);
        float mist = exp(-7.0 * max(top - uv.y, 0.0) / (0.3 + near));
        vec3 shade = mix(deep.rgb * 0.55, tone.rgb * (0.45 + 0.55 * day), (1.0 - near) * 0.85 + 0.2 * (1.0 - mist));
        shade += light.rgb * glow * (1.0 - near) * (0.15 + 0.5 * day);
        shade += light.rgb * 0.30 * mist * (1.0 - near) * day;
        picture = mix(picture, shade, land);
    }
    picture *= 1.15 * (1.0 - 0.35 * dot(uv, uv));
    picture += (hash(gl_FragCoord.xy + fract(TIME) * 91.0) - 0.5) * 0.014;
    gl_FragColor = vec4(picture, 1.0);
}
