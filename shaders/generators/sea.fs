/*{
    "ISFVSN": "2",
    "CREDIT": "runtime",
    "DESCRIPTION": "Open water at the end of a day: swell, spray of light, a low sun and its road.",
    "CATEGORIES": ["Generator", "Elemental"],
    "INPUTS": [
        {"NAME": "speed", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.0, "MAX": 4.0},
        {"NAME": "seed", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.0, "MAX": 64.0},
        {"NAME": "scale", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.25, "MAX": 5.0},
        {"NAME": "sun", "TYPE": "float", "DEFAULT": 0.16, "MIN": -0.1, "MAX": 0.5},
        {"NAME": "deep", "TYPE": "color", "DEFAULT": [0.01, 0.05, 0.075, 1.0]},
        {"NAME": "tone", "TYPE": "color", "DEFAULT": [0.13, 0.36, 0.42, 1.0]},
        {"NAME": "light", "TYPE": "color", "DEFAULT": [1.0, 0.6, 0.3, 1.0]}
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

vec3 sky(vec3 way, vec3 sun_way, float t) {
    float up = max(way.y, 0.0);
    float near_sun = max(dot(way, sun_way), 0.0);
    vec3 colour = mix(tone.rgb * 1.05 + light.rgb * 0.22, deep.rgb * 2.2 + tone.rgb * 0.2, smoothstep(0.0, 0.55, up));
    float streak = noise(vec2(way.x * 2.2 / (up + 0.16) + 0.15 * t, 2.4 / (up + 0.16) + seed));
    colour = mix(colour, light.rgb * 0.75, 0.5 * streak * streak * exp(-5.0 * up));
    colour += light.rgb * (0.55 * pow(near_sun, 9.0) + 0.8 * pow(near_sun, 90.0));
    return colour + vec3(1.0, 0.93, 0.8) * smoothstep(0.9991, 0.9996, near_sun);
}

void main() {
    float t = TIME * speed;
    vec2 uv = (isf_FragNormCoord - 0.5) * vec2(RENDERSIZE.x / RENDERSIZE.y, 1.0);
    float bob = 0.018 * sin(0.7 * t + seed) + 0.01 * sin(1.13 * t);
    vec3 way = normalize(vec3(uv.x + 0.04 * sin(0.21 * t), uv.y - 0.08 + bob, 1.15));
    vec3 sun_way = normalize(vec3(0.22 * sin(seed), sun - 0.012 * t, 1.0));
    vec3 picture;
    if (way.y > 0.0) {
        picture = sky(way, sun_way, t);
    } else {
        float away = 1.0 / max(-way.y, 0.004);
        vec2 p = way.xz * away * scale + vec2(0.3 * t, 0.9 * t) + seed * 3.0;
        vec2 slope = vec2(0.0);
        vec2 heading = vec2(0.8, 0.6);
        float frequency = 0.9;
        float strength = 0.12;
        float crest = 0.0;
        for (int i = 0; i < 7; i++) {
            float phase = dot(heading, p) * frequency + t * sqrt(frequency) * 1.9 + 1.3 * slope.x * 6.0;
            float swing = exp(sin(phase) - 1.0);
            slope += heading * cos(phase) * swing * strength * 2.0;
            crest += swing * strength;
            heading = mat2(-0.737, 0.676, -0.676, -0.737) * heading;
            frequency *= 1.62;
            strength *= 0.80;
        }
        float calm = 1.0 / (1.0 + 0.012 * away * away);
        vec3 normal = normalize(vec3(-slope.x * calm, 1.0, -slope.y * calm));
        vec3 mirror = reflect(way, normal);
        mirror.y = abs(mirror.y);
        float glance = 0.03 + 0.97 * pow(1.0 - max(dot(-way, normal), 0.0), 5.0);
        vec3 body = deep.rgb + tone.rgb * 0.42 * crest * calm;
        picture = mix(body, sky(mirror, sun_way, t), clamp(glance, 0.0, 1.0));
        float glint = max(dot(mirror, sun_way), 0.0);
        picture += light.rgb * (2.2 * pow(glint, 320.0) + 0.35 * pow(glint, 40.0)) * (0.4 + 0.6 * calm);
        picture = mix(picture, sky(vec3(way.x, 0.01, way.z), sun_way, t), smoothstep(18.0, 120.0, away) * 0.85);
    }
    picture = picture / (0.75 + picture * 0.55);
    picture *= 1.0 - 0.4 * dot(uv, uv);
    picture += (hash(gl_FragCoord.xy + fract(TIME) * 91.0) - 0.5) * 0.014;
    gl_FragColor = vec4(picture, 1.0);
}
