/*{
    "ISFVSN": "2",
    "CREDIT": "runtime",
    "DESCRIPTION": "Lattice girders cross in front of a burning sky, near ones faster than far ones.",
    "CATEGORIES": ["Generator", "Built"],
    "INPUTS": [
        {"NAME": "speed", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.0, "MAX": 4.0},
        {"NAME": "seed", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.0, "MAX": 64.0},
        {"NAME": "scale", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.25, "MAX": 5.0},
        {"NAME": "gap", "TYPE": "float", "DEFAULT": 0.5, "MIN": 0.2, "MAX": 0.9},
        {"NAME": "deep", "TYPE": "color", "DEFAULT": [0.016, 0.02, 0.028, 1.0]},
        {"NAME": "tone", "TYPE": "color", "DEFAULT": [0.20, 0.27, 0.33, 1.0]},
        {"NAME": "light", "TYPE": "color", "DEFAULT": [1.0, 0.54, 0.24, 1.0]}
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

// How far `p` is from the steel of an endless lattice of square bays with a brace in each.
float lattice(vec2 p, float thin) {
    vec2 cell = floor(p);
    vec2 f = p - cell - 0.5;
    vec2 edge = 0.5 - abs(f);
    float beam = min(edge.x, edge.y) - thin;
    float way = mod(cell.x + cell.y, 2.0) * 2.0 - 1.0;
    float brace = abs(f.x + way * f.y) * 0.7071 - thin * 0.55;
    float plate = length(edge) - thin * 2.6;
    return min(min(beam, brace), plate);
}

void main() {
    float t = TIME * speed;
    vec2 uv = (isf_FragNormCoord - 0.5) * vec2(RENDERSIZE.x / RENDERSIZE.y, 1.0);
    vec2 sun_at = vec2(0.35 - 0.05 * t, -0.08 + 0.05 * sin(0.3 * t));
    float glow = exp(-2.2 * length(uv - sun_at));
    vec3 sky = mix(tone.rgb, deep.rgb * 1.4, smoothstep(-0.4, 0.6, uv.y));
    sky += light.rgb * (0.85 * glow + 0.9 * exp(-16.0 * length(uv - sun_at)));
    float smog = noise(vec2(uv.x * 1.5 + 0.1 * t, uv.y * 5.0) + seed);
    sky = mix(sky, tone.rgb * 0.9 + light.rgb * 0.25, 0.35 * smog);

    vec3 picture = sky;
    for (int i = 0; i < 4; i++) {
        float near = (float(i) + 1.0) / 4.0;
        float turn = 0.32 * sin(seed + float(i) * 2.3) + 0.03 * t * (near - 0.4);
        float size = mix(7.5, 1.5, near) * scale;
        vec2 p = mat2(cos(turn), -sin(turn), sin(turn), cos(turn)) * uv;
        p /= 1.0 + 0.35 * p.x * sin(seed + float(i));
        p = p * size + vec2(0.34 * t * near * size * 0.5, 0.11 * t) + float(i) * 9.7 + seed;
        float band = abs(fract((floor(p.y) + 0.5) * 0.25 + hash(vec2(float(i), seed))) - 0.5) * 2.0;
        float here = step(gap, band);
        float soft = size * (1.2 / RENDERSIZE.y + 0.012 * near * near * near);
        float away = lattice(p, 0.055);
        float steel = (1.0 - smoothstep(0.0, soft, away)) * here;
        float rim = smoothstep(0.05, 0.0, abs(away + 0.012)) * glow;
        vec3 colour = mix(tone.rgb * 0.55, deep.rgb * 0.45, near) + light.rgb * (0.30 * glow * (1.0 - near) + 0.35 * rim);
        colour += light.rgb * 0.18 * step(0.965, hash(floor(p * 2.0))) * (0.5 + 0.5 * sin(3.0 * t + p.x));
        picture = mix(picture, colour, steel);
        picture = mix(picture, sky, 0.12 * (1.0 - near));
    }
    picture += light.rgb * 0.16 * glow * glow;
    picture *= 1.0 - 0.5 * dot(uv, uv);
    picture += (hash(gl_FragCoord.xy + fract(TIME) * 91.0) - 0.5) * 0.014;
    gl_FragColor = vec4(picture, 1.0);
}
