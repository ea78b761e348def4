/*{
    "ISFVSN": "2",
    "CREDIT": "runtime",
    "DESCRIPTION": "A wedge of the picture, mirrored round a centre.",
    "CATEGORIES": ["Geometry"],
    "INPUTS": [
        {"NAME": "inputImage", "TYPE": "image"},
        {"NAME": "sides", "TYPE": "float", "DEFAULT": 6.0, "MIN": 2.0, "MAX": 32.0},
        {"NAME": "turn", "TYPE": "float", "DEFAULT": 0.0, "MIN": -1.0, "MAX": 1.0},
        {"NAME": "zoom", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.1, "MAX": 8.0},
        {"NAME": "centre", "TYPE": "point2D", "DEFAULT": [0.5, 0.5], "MIN": [0.0, 0.0], "MAX": [1.0, 1.0]},
        {"NAME": "from", "TYPE": "point2D", "DEFAULT": [0.5, 0.5], "MIN": [0.0, 0.0], "MAX": [1.0, 1.0]}
    ]
}*/

void main() {
    vec2 aspect = vec2(RENDERSIZE.x / RENDERSIZE.y, 1.0);
    vec2 away = (isf_FragNormCoord - centre) * aspect;
    float wedge = 6.28318531 / max(floor(sides), 2.0);
    float angle = atan(away.y, away.x);
    angle = abs(mod(angle + 0.5 * wedge, wedge) - 0.5 * wedge) + turn * 6.28318531;
    vec2 place = length(away) / zoom * vec2(cos(angle), sin(angle)) / aspect + from;
    // Past an edge the picture goes on mirrored, so that no corner is empty.
    gl_FragColor = IMG_NORM_PIXEL(inputImage, 1.0 - abs(mod(place, 2.0) - 1.0));
}
