/*{
    "ISFVSN": "2",
    "CREDIT": "runtime",
    "DESCRIPTION": "The old picture burns away from its brightest places.",
    "CATEGORIES": ["Film"],
    "INPUTS": [
        {"NAME": "startImage", "TYPE": "image"},
        {"NAME": "endImage", "TYPE": "image"},
        {"NAME": "progress", "TYPE": "float", "DEFAULT": 0.0, "MIN": 0.0, "MAX": 1.0},
        {"NAME": "glow", "TYPE": "color", "DEFAULT": [1.0, 0.55, 0.15, 1.0]},
        {"NAME": "width", "TYPE": "float", "DEFAULT": 0.12, "MIN": 0.01, "MAX": 0.5},
        {"NAME": "seed", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.0, "MAX": 64.0}
    ]
}*/

float hash(vec2 cell, float seed) {
    vec3 q = fract(vec3(cell.xyx) * 0.1031 + seed * 0.0173);
    q += dot(q, q.yzx + 33.33);
    return fract((q.x + q.y) * q.z);
}

const vec3 LUMA = vec3(0.2126, 0.7152, 0.0722);  // BT.709

float noise(vec2 place) {
    vec2 cell = floor(place);
    vec2 f = place - cell;
    f = f * f * (3.0 - 2.0 * f);
    return mix(mix(hash(cell, seed), hash(cell + vec2(1.0, 0.0), seed), f.x),
               mix(hash(cell + vec2(0.0, 1.0), seed), hash(cell + vec2(1.0, 1.0), seed), f.x), f.y);
}

void main() {
    vec4 before = IMG_THIS_NORM_PIXEL(startImage);
    vec4 after = IMG_THIS_NORM_PIXEL(endImage);
    vec2 place = isf_FragNormCoord * vec2(RENDERSIZE.x / RENDERSIZE.y, 1.0) * 5.0;
    float turn = 0.5 * (0.6 * noise(place) + 0.4 * noise(place * 3.1)) + 0.5 * (1.0 - dot(before.rgb, LUMA));
    float front = progress * (1.0 + 2.0 * width) - width;
    float gone = smoothstep(turn - 0.02, turn + 0.02, front);
    float ember = exp(-pow((front - turn) / width, 2.0) * 4.0) * smoothstep(0.0, 0.08, progress) * smoothstep(1.0, 0.92, progress);
    vec4 picture = mix(before, after, gone);
    gl_FragColor = vec4(1.0 - (1.0 - picture.rgb) * (1.0 - glow.rgb * ember), picture.a);
}
