/*{
    "ISFVSN": "2",
    "CREDIT": "runtime",
    "DESCRIPTION": "Night facades slide past one another; windows go on and off.",
    "CATEGORIES": ["Generator", "Built"],
    "INPUTS": [
        {"NAME": "speed", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.0, "MAX": 4.0},
        {"NAME": "seed", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.0, "MAX": 64.0},
        {"NAME": "scale", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.25, "MAX": 5.0},
        {"NAME": "lit", "TYPE": "float", "DEFAULT": 0.5, "MIN": 0.0, "MAX": 1.0},
        {"NAME": "deep", "TYPE": "color", "DEFAULT": [0.012, 0.018, 0.03, 1.0]},
        {"NAME": "tone", "TYPE": "color", "DEFAULT": [0.10, 0.17, 0.24, 1.0]},
        {"NAME": "light", "TYPE": "color", "DEFAULT": [1.0, 0.70, 0.36, 1.0]}
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

// One building: the colour at wall position `p` (windows are the unit), seen from `far` (0 near, 1 far).
vec3 wall(vec2 p, float far, float house, float t) {
    vec2 cell = floor(p);
    vec2 f = p - cell;
    float soft = 0.03 + 0.10 * far + fwidth(p.y);
    vec2 box = smoothstep(vec2(0.16, 0.20) - soft, vec2(0.16, 0.20) + soft, f)
             * (1.0 - smoothstep(vec2(0.84, 0.76) - soft, vec2(0.84, 0.76) + soft, f));
    float pane = box.x * box.y;
    float who = hash(cell + house * 17.0);
    float moment = noise(vec2(who * 93.0, t * (0.14 + 0.5 * fract(who * 31.0)) + who * 40.0));
    float on = smoothstep(1.0 - lit, 1.06 - lit, 0.28 + 0.5 * moment + 0.34 * (who - 0.5));
    vec3 lamp = mix(light.rgb, mix(tone.rgb * 3.0, vec3(0.85, 0.93, 1.0), 0.4), step(0.78, fract(who * 13.7)));
    float inside = 0.55 + 0.45 * smoothstep(0.9, 0.2, f.y) - 0.35 * step(0.5, fract(who * 57.0)) * smoothstep(0.45, 0.5, f.x);
    vec3 stone = mix(deep.rgb, tone.rgb, 0.6 + 0.4 * far) * (0.8 + 0.35 * step(0.06, f.y));
    stone *= 0.8 + 0.4 * hash(vec2(cell.x, house));
    vec3 glass = tone.rgb * 0.35 + deep.rgb + 0.10 * tone.rgb * fract(who * 5.0);
    return mix(stone, mix(glass, lamp * inside * (0.55 + 1.1 * fract(who * 3.7)), on), pane)
         + lamp * on * 0.09;
}

void main() {
    float t = TIME * speed;
    vec2 uv = (isf_FragNormCoord - 0.5) * vec2(RENDERSIZE.x / RENDERSIZE.y, 1.0);
    float lean = 0.10 * sin(0.13 * t + seed);
    vec2 view = mat2(cos(lean), -sin(lean), sin(lean), cos(lean)) * uv;
    view /= 1.0 + 0.30 * view.x + 0.22 * view.y;
    vec3 haze = mix(tone.rgb * 1.5 + light.rgb * 0.26, deep.rgb, smoothstep(-0.5, 0.55, uv.y));
    vec3 picture = haze;
    for (int i = 0; i < 3; i++) {
        float far = 1.0 - float(i) * 0.5;
        float size = mix(8.0, 20.0, far) * scale;
        vec2 p = view * vec2(size * 1.1, size) + vec2((0.9 - 0.6 * far) * 1.6 * t, 0.28 * t * (1.0 - 0.6 * far));
        p += seed * vec2(3.0, 7.0) + 40.0 * far;
        float wide = mix(9.0, 6.0, far);
        float house = floor(p.x / wide);
        float gap = mix(0.44, 0.0, far);
        float mine = step(gap, fract(hash(vec2(house, far * 7.0 + seed)) * 3.3));
        float roof = (hash(vec2(house, far + 3.0)) - 0.25) * 1.1 + 0.35 * far;
        float edge = step(view.y, roof);
        vec3 colour = wall(p, far, house + 31.0 * far, t);
        colour *= 1.0 - 0.45 * smoothstep(0.7, 1.0, abs(fract(p.x / wide) - 0.5) * 2.0);
        colour = mix(colour, haze, 0.60 * far);
        picture = mix(picture, colour, mine * edge);
    }
    picture += light.rgb * 0.10 * exp(-4.0 * (uv.y + 0.5));
    picture *= 1.0 - 0.55 * dot(uv, uv);
    picture += (hash(gl_FragCoord.xy + fract(TIME) * 91.0) - 0.5) * 0.014;
    gl_FragColor = vec4(picture, 1.0);
}
