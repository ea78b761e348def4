/*{
    "ISFVSN": "2",
    "CREDIT": "runtime",
    "DESCRIPTION": "A sea of cloud from above, in a hurry, towards the sun.",
    "CATEGORIES": ["Generator", "Elemental"],
    "INPUTS": [
        {"NAME": "speed", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.0, "MAX": 4.0},
        {"NAME": "seed", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.0, "MAX": 64.0},
        {"NAME": "scale", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.25, "MAX": 5.0},
        {"NAME": "sun", "TYPE": "float", "DEFAULT": 0.11, "MIN": -0.2, "MAX": 0.5},
        {"NAME": "deep", "TYPE": "color", "DEFAULT": [0.06, 0.10, 0.20, 1.0]},
        {"NAME": "tone", "TYPE": "color", "DEFAULT": [0.42, 0.44, 0.58, 1.0]},
        {"NAME": "light", "TYPE": "color", "DEFAULT": [1.0, 0.72, 0.48, 1.0]}
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

float heap(vec2 p) {
    return 0.52 * noise(p) + 0.27 * noise(p * 2.07 + 4.1) + 0.14 * noise(p * 4.3 + 1.7) + 0.07 * noise(p * 8.9);
}

void main() {
    float t = TIME * speed;
    vec2 uv = (isf_FragNormCoord - 0.5) * vec2(RENDERSIZE.x / RENDERSIZE.y, 1.0);
    float roll = 0.05 * sin(0.23 * t + seed);
    uv = mat2(cos(roll), -sin(roll), sin(roll), cos(roll)) * uv;
    float up = uv.y - 0.14;
    vec2 sun_at = vec2(0.25 * sin(seed * 2.0) + 0.01 * t, 0.14 + sun);
    float near_sun = exp(-3.0 * length(uv - sun_at));
    vec3 sky = mix(tone.rgb * 0.8 + light.rgb * 0.35, deep.rgb * 1.6, smoothstep(0.0, 0.5, up));
    sky += light.rgb * (0.75 * near_sun + 0.9 * exp(-24.0 * length(uv - sun_at)));
    float cirrus = noise(vec2(uv.x * 1.6 + 0.05 * t, up * 14.0) + seed) * noise(vec2(uv.x * 5.0, up * 31.0) - 0.1 * t);
    sky += light.rgb * 0.35 * cirrus * cirrus * smoothstep(0.0, 0.1, up);

    float away = 0.34 / max(-up, 0.012);
    vec2 p = vec2(uv.x * away * 1.4, away) * 1.7 * scale + vec2(0.08 * t, 0.55 * t) + seed * 5.1;
    p += 0.35 * vec2(noise(p * 0.7 + 0.1 * t), noise(p * 0.7 + 9.0));
    float density = heap(p);
    float toward = heap(p + vec2(sun_at.x * 0.2, 0.20));
    float lit = clamp(0.40 + 4.2 * (density - toward), 0.0, 1.3);
    float gap = smoothstep(0.30, 0.46, density);
    vec3 cloud = mix(deep.rgb * 1.1 + tone.rgb * 0.25, tone.rgb * 0.75 + light.rgb * 0.85, lit * (0.45 + 0.75 * near_sun));
    cloud = mix(deep.rgb * 0.8, cloud, 0.25 + 0.75 * gap);
    vec3 picture = mix(cloud, sky, smoothstep(1.6, 9.0, away));
    picture = mix(picture, sky, smoothstep(-0.012, 0.006, up));
    picture = picture / (0.8 + picture * 0.45);
    picture *= 1.0 - 0.45 * dot(uv, uv);
    picture += (hash(gl_FragCoord.xy + fract(TIME) * 91.0) - 0.5) * 0.014;
    gl_FragColor = vec4(picture, 1.0);
}
