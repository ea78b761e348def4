/*{
    "ISFVSN": "2",
    "CREDIT": "runtime",
    "DESCRIPTION": "A relief map under a low lamp: contour lines drift across it as the land rises out of the dark.",
    "CATEGORIES": ["Generator", "Orientation"],
    "INPUTS": [
        {"NAME": "speed", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.0, "MAX": 4.0},
        {"NAME": "seed", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.0, "MAX": 64.0},
        {"NAME": "scale", "TYPE": "float", "DEFAULT": 1.6, "MIN": 0.4, "MAX": 5.0},
        {"NAME": "levels", "TYPE": "float", "DEFAULT": 26.0, "MIN": 6.0, "MAX": 48.0},
        {"NAME": "tilt", "TYPE": "float", "DEFAULT": 0.62, "MIN": 0.0, "MAX": 0.9},
        {"NAME": "deep", "TYPE": "color", "DEFAULT": [0.012, 0.035, 0.065, 1.0]},
        {"NAME": "tone", "TYPE": "color", "DEFAULT": [0.06, 0.25, 0.31, 1.0]},
        {"NAME": "light", "TYPE": "color", "DEFAULT": [1.0, 0.78, 0.44, 1.0]}
    ]
}*/

float hash(vec2 cell) {
    vec2 q = fract(cell * vec2(0.7548777, 0.5698403));
    q += dot(q, q.yx + 31.71);
    return fract((q.x + q.y) * q.x * 3.17);
}

// Value noise and its slope: x the value 0..1, yz its derivatives.
vec3 relief(vec2 p) {
    vec2 cell = floor(p);
    vec2 f = p - cell;
    vec2 u = f * f * f * (f * (f * 6.0 - 15.0) + 10.0);
    vec2 du = 30.0 * f * f * (f * (f - 2.0) + 1.0);
    float a = hash(cell);
    float b = hash(cell + vec2(1.0, 0.0));
    float c = hash(cell + vec2(0.0, 1.0));
    float d = hash(cell + vec2(1.0, 1.0));
    float k = a - b - c + d;
    return vec3(a + (b - a) * u.x + (c - a) * u.y + k * u.x * u.y,
                du * (vec2(b - a, c - a) + k * u.yx));
}

void main() {
    float t = TIME * speed;
    vec2 uv = (isf_FragNormCoord - 0.5) * vec2(RENDERSIZE.x / RENDERSIZE.y, 1.0);
    float away = 1.0 / (1.0 - tilt * (uv.y + 0.1));
    float turn = 0.35 + 0.05 * t + seed;
    mat2 heading = mat2(cos(turn), -sin(turn), sin(turn), cos(turn));
    vec2 p = heading * (vec2(uv.x, uv.y + 0.35) * away * scale + vec2(0.0, 0.16 * t)) + seed * vec2(7.3, 3.9);

    vec3 land = vec3(0.0);
    float weight = 0.55;
    mat2 octave = mat2(1.0);
    for (int i = 0; i < 4; i++) {
        vec3 n = relief(octave * p);
        land += weight * vec3(n.x, n.yz * octave);
        octave = mat2(1.52, 1.24, -1.24, 1.52) * octave;
        weight *= 0.44;
    }
    float height = land.x + 0.05 * sin(0.35 * t);
    vec2 slope = land.yz * heading;

    float level = height * levels - 0.22 * t;
    float per_pixel = max(fwidth(level), 1e-4);
    float to_line = abs(fract(level) - 0.5);
    float line = 1.0 - smoothstep(0.4, 1.5, (0.5 - to_line) / per_pixel);
    float index_line = step(mod(floor(level + 0.5), 5.0), 0.5);
    float crowded = smoothstep(0.65, 0.2, per_pixel);
    float ink = line * crowded * mix(0.34, 1.0, index_line);

    vec3 normal = normalize(vec3(-slope * 0.9, 1.0));
    vec2 lamp_at = vec2(cos(0.17 * t + 2.2), sin(0.17 * t + 2.2));
    float lamp = clamp(dot(normal, normalize(vec3(lamp_at, 0.55))), 0.0, 1.0);

    vec3 ground = mix(deep.rgb, tone.rgb, smoothstep(0.15, 0.75, height) * (0.3 + 1.5 * lamp * lamp));
    ground += tone.rgb * light.rgb * 1.3 * pow(lamp, 4.0);
    float focus = exp(-5.0 * pow(uv.y + 0.06 + 0.05 * sin(0.2 * t), 2.0));
    vec3 picture = ground + light.rgb * ink * (0.25 + 0.85 * lamp) * (0.35 + 0.75 * focus);
    // A glow that follows the highest ground, as if the lines there were hot.
    picture += light.rgb * 0.14 * smoothstep(0.66, 0.9, height);

    float haze = smoothstep(0.9, 2.4, away);
    picture = mix(picture, deep.rgb * 1.6 + tone.rgb * 0.12, haze);
    picture *= 1.0 - 0.55 * dot(uv, uv);
    picture += (hash(gl_FragCoord.xy + fract(TIME) * 91.0) - 0.5) * 0.014;
    gl_FragColor = vec4(picture, 1.0);
}
