/*{
    "ISFVSN": "2",
    "CREDIT": "runtime",
    "DESCRIPTION": "The new picture pushes the old one out.",
    "CATEGORIES": ["Slide"],
    "INPUTS": [
        {"NAME": "startImage", "TYPE": "image"},
        {"NAME": "endImage", "TYPE": "image"},
        {"NAME": "progress", "TYPE": "float", "DEFAULT": 0.0, "MIN": 0.0, "MAX": 1.0},
        {"NAME": "way", "TYPE": "long", "DEFAULT": 0, "VALUES": [0, 1, 2, 3], "LABELS": ["To the left", "To the right", "Up", "Down"]},
        {"NAME": "ease", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.0, "MAX": 1.0}
    ]
}*/

void main() {
    float gone = mix(progress, progress * progress * (3.0 - 2.0 * progress), ease);
    vec2 to = way == 0 ? vec2(-1.0, 0.0) : way == 1 ? vec2(1.0, 0.0) : way == 2 ? vec2(0.0, 1.0) : vec2(0.0, -1.0);
    vec2 place = isf_FragNormCoord - to * gone;
    bool old = all(greaterThanEqual(place, vec2(0.0))) && all(lessThan(place, vec2(1.0)));
    gl_FragColor = old ? IMG_NORM_PIXEL(startImage, place) : IMG_NORM_PIXEL(endImage, place + to);
}
