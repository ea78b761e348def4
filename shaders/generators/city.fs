/*{
    "ISFVSN": "2",
    "CREDIT": "runtime",
    "DESCRIPTION": "A city by night from the air: streets as seams of light, traffic that runs along them.",
    "CATEGORIES": ["Generator", "Built"],
    "INPUTS": [
        {"NAME": "speed", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.0, "MAX": 4.0},
        {"NAME": "seed", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.0, "MAX": 64.0},
        {"NAME": "scale", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.25, "MAX": 5.0},
        {"NAME": "traffic", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.0, "MAX": 2.0},
        {"NAME": "deep", "TYPE": "color", "DEFAULT": [0.008, 0.012, 0.022, 1.0]},
        {"NAME": "tone", "TYPE": "color", "DEFAULT": [0.06, 0.14, 0.22, 1.0]},
        {"NAME": "light", "TYPE": "color", "DEFAULT": [1.0, 0.62, 0.26, 1.0]}
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
    float bank = 0.10 * sin(0.17 * t + seed);
    vec2 view = mat2(cos(bank), -sin(bank), sin(bank), cos(bank)) * uv;
    float below = 0.40 - view.y;
    float away = 0.62 / max(below, 0.02);
    float heading = 0.5 + 0.07 * t + seed;
    vec2 p = vec2(view.x * away * 1.3, away * 1.5) * 2.6 * scale;
    p = mat2(cos(heading), -sin(heading), sin(heading), cos(heading)) * (p + vec2(0.0, 1.3 * t)) + seed * 13.0;
    float blur = fwidth(p.x) + fwidth(p.y);

    float dense = smoothstep(0.28, 0.72, noise(p * 0.16 + seed));
    vec3 picture = deep.rgb + tone.rgb * 0.4 * dense + light.rgb * 0.05 * dense;
    for (int i = 0; i < 2; i++) {
        vec2 s = i == 0 ? p : p.yx;
        float avenue = floor(s.x);
        float kind = hash(vec2(avenue, float(i) + seed));
        float major = step(0.72, kind);
        float across = s.x - avenue - 0.5;
        float wide = mix(0.018, 0.05, major);
        float keep = wide / (wide + 0.35 * blur);
        float road = exp(-pow(across / (wide + 0.6 * blur), 2.0)) * keep;
        float posts = 0.55 + 0.45 * cos(6.2831853 * s.y * 5.0);
        posts = mix(0.55, posts, smoothstep(0.3, 0.05, blur));
        picture += mix(light.rgb, vec3(0.75, 0.9, 1.0) * 0.7, step(0.55, fract(kind * 9.1)) * (1.0 - major))
                 * road * posts * mix(0.55, 1.4, major) * (0.3 + dense);
        // Two lanes: white towards us, red away.
        for (int lane = 0; lane < 2; lane++) {
            float side = float(lane) * 2.0 - 1.0;
            float at = s.y * 1.2 + side * t * (1.2 + kind) + kind * 20.0;
            float car = smoothstep(0.62, 0.98, fract(at)) * step(0.45, hash(vec2(floor(at), avenue + side)));
            float lane_light = exp(-pow((across - side * wide * 0.7) / (0.5 * wide + 0.5 * blur), 2.0)) * keep;
            vec3 lamp = lane == 0 ? vec3(1.0, 0.95, 0.85) : vec3(1.0, 0.12, 0.06);
            picture += lamp * car * lane_light * traffic * mix(0.25, 1.3, major);
        }
    }
    vec2 block = floor(p);
    vec2 lot = floor(fract(p) * 6.0);
    float who = hash(block * 6.0 + lot + seed);
    vec2 inside = fract(fract(p) * 6.0) - 0.5;
    float lamp_size = 0.16 + 1.5 * blur;
    float window = exp(-dot(inside, inside) / (lamp_size * lamp_size)) * step(0.55, who) / (1.0 + 14.0 * blur);
    float alive = 0.5 + 0.5 * sin(t * (0.4 + 2.0 * fract(who * 7.0)) + who * 60.0);
    picture += mix(light.rgb, vec3(0.7, 0.88, 1.0), step(0.86, who)) * window * dense * (0.25 + 0.65 * alive);

    float far = smoothstep(2.0, 11.0, away);
    vec3 haze = tone.rgb * 0.75 + light.rgb * 0.24;
    picture = mix(picture, haze * exp(-1.6 * max(-below, 0.0)), far * 0.8);
    float sky = smoothstep(0.012, -0.02, below);
    picture = mix(picture, mix(haze, deep.rgb, smoothstep(0.0, 0.28, -below)), sky);
    picture += light.rgb * 0.13 * exp(-26.0 * abs(below)) ;
    picture = picture / (0.85 + 0.35 * picture);
    picture *= 1.0 - 0.55 * dot(uv, uv);
    picture += (hash(gl_FragCoord.xy + fract(TIME) * 91.0) - 0.5) * 0.014;
    gl_FragColor = vec4(picture, 1.0);
}
