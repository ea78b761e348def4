/*{
    "ISFVSN": "2",
    "CREDIT": "runtime",
    "DESCRIPTION": "An eye, very close: lids, a fibrous iris, a pupil that answers the light.",
    "CATEGORIES": ["Generator", "People"],
    "INPUTS": [
        {"NAME": "speed", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.0, "MAX": 4.0},
        {"NAME": "seed", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.0, "MAX": 64.0},
        {"NAME": "scale", "TYPE": "float", "DEFAULT": 1.55, "MIN": 0.25, "MAX": 5.0},
        {"NAME": "open", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.0, "MAX": 1.3},
        {"NAME": "deep", "TYPE": "color", "DEFAULT": [0.045, 0.016, 0.016, 1.0]},
        {"NAME": "tone", "TYPE": "color", "DEFAULT": [0.50, 0.25, 0.18, 1.0]},
        {"NAME": "light", "TYPE": "color", "DEFAULT": [0.95, 0.68, 0.42, 1.0]}
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
    vec2 p = uv / (scale * (1.0 + 0.012 * t)) + vec2(0.02 * sin(0.5 * t), 0.015 * sin(0.37 * t));
    // Quick glances with rests between them, as eyes do.
    float beat = 0.55 * t + seed;
    float rest = floor(beat);
    float dart = smoothstep(0.0, 0.12, beat - rest);
    vec2 here = vec2(hash(vec2(rest, seed)), hash(vec2(rest, seed + 9.0))) - 0.5;
    vec2 before = vec2(hash(vec2(rest - 1.0, seed)), hash(vec2(rest - 1.0, seed + 9.0))) - 0.5;
    vec2 look = mix(before, here, dart) * vec2(0.20, 0.05) + 0.004 * vec2(sin(5.0 * t), cos(6.3 * t));

    float blink = 1.0 - 0.95 * exp(-pow((fract(0.21 * t + 0.37 * seed) - 0.5) * 26.0, 2.0));
    float wide = open * blink * smoothstep(-0.4, 1.6, t + 0.6);
    float bow = 1.0 - pow(abs(p.x) / 0.80, 2.2);
    float upper = (0.25 * bow - 0.01 * p.x) * wide - 0.03 * (1.0 - wide);
    float lower = -0.20 * bow * (0.55 + 0.45 * wide);
    float inside = smoothstep(-0.008, 0.012, upper - p.y) * smoothstep(-0.008, 0.014, p.y - min(lower, upper));

    vec2 q = p - look;
    float radius = length(q);
    float angle = atan(q.y, q.x);
    float pupil = 0.082 + 0.018 * sin(0.6 * t + seed) - 0.012 * dart;
    float iris = 0.235;
    float swirl = 8.0 * radius;
    vec2 ring = vec2(cos(angle + 0.05 * swirl), sin(angle + 0.05 * swirl));
    float fibre = noise(ring * 15.0 + radius * 7.0) * 0.5 + noise(ring * 38.0 + radius * 5.0 + 4.0) * 0.5;
    float depth = smoothstep(pupil, iris, radius);
    vec3 colour = mix(light.rgb * 0.95, tone.rgb * 0.55, smoothstep(0.0, 0.75, depth));
    colour *= 0.30 + 1.15 * fibre * fibre * 1.5;
    colour += light.rgb * 0.40 * exp(-42.0 * abs(radius - pupil - 0.022)) * (0.5 + fibre);
    colour *= 1.0 - 0.9 * smoothstep(iris - 0.045, iris + 0.004, radius);
    // Light that enters at one side lights the bowl of the iris at the other.
    colour *= 0.6 + 1.0 * smoothstep(0.5, -0.7, dot(q, normalize(vec2(-0.5, 0.8))) / iris);
    colour = mix(colour, deep.rgb * 0.12, smoothstep(pupil + 0.006, pupil - 0.010, radius));
    float white_shade = 0.48 - 0.42 * smoothstep(0.15, 0.75, abs(p.x)) - 0.55 * smoothstep(0.16, 0.0, upper - p.y);
    vec3 white = mix(tone.rgb * 0.8, vec3(0.86, 0.76, 0.68), 0.62) * max(white_shade, 0.04);
    float vein = noise(p * vec2(9.0, 23.0) + 2.0) * noise(p * 31.0);
    white -= vec3(0.02, 0.10, 0.10) * vein * smoothstep(0.25, 0.7, abs(p.x));
    vec3 ball = mix(colour, white, smoothstep(iris - 0.004, iris + 0.014, radius));
    ball *= 0.35 + 0.65 * smoothstep(-0.01, 0.13, upper - p.y);
    vec2 glint = q - vec2(-0.07, 0.085) + 0.3 * look;
    ball += vec3(1.0, 0.96, 0.9) * 0.95 * smoothstep(0.042, 0.022, length(glint * vec2(1.0, 0.72)));
    ball += light.rgb * 0.25 * smoothstep(0.022, 0.008, length(q - vec2(0.085, -0.075)));

    float pores = noise(p * 46.0) * 0.5 + noise(p * 19.0 + 7.0) * 0.5;
    float slope = p.y > 0.0 ? p.y - upper : lower - p.y;
    vec3 skin = mix(deep.rgb * 1.3, tone.rgb, 0.28 + 0.62 * exp(-2.4 * length(p - vec2(-0.45, 0.5))));
    skin *= 0.82 + 0.28 * pores;
    skin += light.rgb * 0.20 * exp(-16.0 * abs(slope - 0.11 - 0.03 * p.x)) * step(0.0, p.y) * (0.6 + 0.5 * pores);
    skin *= 1.0 - 0.62 * exp(-26.0 * max(slope, 0.0)) * step(0.0, p.y) - 0.32 * exp(-22.0 * max(slope, 0.0)) * step(p.y, 0.0);
    skin *= 1.0 - 0.5 * exp(-46.0 * abs(slope - 0.185));
    vec3 picture = mix(skin, ball, inside);
    float lash = noise(vec2((p.x - 0.10 * slope * sign(p.x)) * 74.0, 1.0)) * smoothstep(0.085, 0.0, abs(slope - 0.03)) * step(0.0, p.y);
    picture *= 1.0 - 0.6 * smoothstep(0.35, 0.85, lash);
    picture += light.rgb * 0.10 * exp(-2.6 * length(uv - vec2(-0.7, 0.35)));
    picture *= 1.0 - 0.75 * dot(uv, uv);
    picture += (hash(gl_FragCoord.xy + fract(TIME) * 91.0) - 0.5) * 0.014;
    gl_FragColor = vec4(picture, 1.0);
}
