/*{
    "ISFVSN": "2",
    "CREDIT": "runtime",
    "DESCRIPTION": "The new picture comes through in specks and clouds.",
    "CATEGORIES": ["Dissolve"],
    "INPUTS": [
        {"NAME": "startImage", "TYPE": "image"},
        {"NAME": "endImage", "TYPE": "image"},
        {"NAME": "progress", "TYPE": "float", "DEFAULT": 0.0, "MIN": 0.0, "MAX": 1.0},
        {"NAME": "scale", "TYPE": "float", "DEFAULT": 6.0, "MIN": 1.0, "MAX": 200.0},
        {"NAME": "softness", "TYPE": "float", "DEFAULT": 0.15, "MIN": 0.0, "MAX": 1.0},
        {"NAME": "seed", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.0, "MAX": 64.0}
    ]
}*/

float hash(vec2 cell, float seed) {
    vec3 q = fract(vec3(cell.xyx) * 0.1031 + seed * 0.0173);
    q += dot(q, q.yzx + 33.33);
    return fract((q.x + q.y) * q.z);
}

float noise(vec2 place) {
    vec2 cell = floor(place);
    vec2 f = place - cell;
    f = f * f * (3.0 - 2.0 * f);
    return mix(mix(hash(cell, seed), hash(cell + vec2(1.0, 0.0), seed), f.x),
               mix(hash(cell + vec2(0.0, 1.0), seed), hash(cell + vec2(1.0, 1.0), seed), f.x), f.y);
}

void main() {
    vec2 place = isf_FragNormCoord * vec2(RENDERSIZE.x / RENDERSIZE.y, 1.0) * scale;
    float cloud = 0.55 * noise(place) + 0.3 * noise(place * 2.1 + 7.0) + 0.15 * noise(place * 4.3 + 13.0);
    float edge = max(softness, 0.01);
    float front = progress * (1.0 + 2.0 * edge) - edge;
    float shown = smoothstep(cloud - edge, cloud + edge, front);
    gl_FragColor = mix(IMG_THIS_NORM_PIXEL(startImage), IMG_THIS_NORM_PIXEL(endImage), shown);
}
