/*{
    "ISFVSN": "2",
    "CREDIT": "runtime",
    "DESCRIPTION": "An edge passes over the picture, at any angle.",
    "CATEGORIES": ["Wipe"],
    "INPUTS": [
        {"NAME": "startImage", "TYPE": "image"},
        {"NAME": "endImage", "TYPE": "image"},
        {"NAME": "progress", "TYPE": "float", "DEFAULT": 0.0, "MIN": 0.0, "MAX": 1.0},
        {"NAME": "angle", "TYPE": "float", "DEFAULT": 0.0, "MIN": -0.5, "MAX": 0.5},
        {"NAME": "softness", "TYPE": "float", "DEFAULT": 0.08, "MIN": 0.0, "MAX": 1.0}
    ]
}*/

void main() {
    float turn = angle * 6.28318531;
    vec2 way = vec2(cos(turn), sin(turn));
    float reach = 0.5 * (abs(way.x) + abs(way.y));
    float place = (dot(isf_FragNormCoord - 0.5, way) / reach) * 0.5 + 0.5;
    float edge = max(softness, 0.002);
    float front = progress * (1.0 + edge);
    float shown = 1.0 - smoothstep(front - edge, front, place);
    gl_FragColor = mix(IMG_THIS_NORM_PIXEL(startImage), IMG_THIS_NORM_PIXEL(endImage), shown);
}
