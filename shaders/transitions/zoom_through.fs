/*{
    "ISFVSN": "2",
    "CREDIT": "runtime",
    "DESCRIPTION": "Into the middle of one picture and out of the other.",
    "CATEGORIES": ["Zoom"],
    "INPUTS": [
        {"NAME": "startImage", "TYPE": "image"},
        {"NAME": "endImage", "TYPE": "image"},
        {"NAME": "progress", "TYPE": "float", "DEFAULT": 0.0, "MIN": 0.0, "MAX": 1.0},
        {"NAME": "depth", "TYPE": "float", "DEFAULT": 3.0, "MIN": 1.0, "MAX": 16.0},
        {"NAME": "centre", "TYPE": "point2D", "DEFAULT": [0.5, 0.5], "MIN": [0.0, 0.0], "MAX": [1.0, 1.0]},
        {"NAME": "blur", "TYPE": "float", "DEFAULT": 0.25, "MIN": 0.0, "MAX": 1.0}
    ]
}*/

vec4 streaked(int which, float scale, float blurred) {
    vec4 sum = vec4(0.0);
    for (int i = 0; i < 8; i++) {
        float own = scale * (1.0 + blurred * (float(i) / 7.0 - 0.5));
        vec2 place = (isf_FragNormCoord - centre) * own + centre;
        place = 1.0 - abs(mod(place, 2.0) - 1.0);
        sum += which == 0 ? IMG_NORM_PIXEL(startImage, place) : IMG_NORM_PIXEL(endImage, place);
    }
    return sum / 8.0;
}

void main() {
    float eased = progress * progress * (3.0 - 2.0 * progress);
    float hurry = 4.0 * eased * (1.0 - eased) * blur;
    vec4 before = streaked(0, pow(depth, -eased), hurry);
    vec4 after = streaked(1, pow(depth, 1.0 - eased), hurry);
    gl_FragColor = mix(before, after, smoothstep(0.3, 0.7, progress));
}
