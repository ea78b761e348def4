/*{
    "ISFVSN": "2",
    "CREDIT": "runtime",
    "DESCRIPTION": "One half of the picture stands for the other.",
    "CATEGORIES": ["Geometry"],
    "INPUTS": [
        {"NAME": "inputImage", "TYPE": "image"},
        {"NAME": "axis", "TYPE": "long", "DEFAULT": 0, "VALUES": [0, 1, 2], "LABELS": ["Left and right", "Top and bottom", "Both"]},
        {"NAME": "line", "TYPE": "float", "DEFAULT": 0.5, "MIN": 0.0, "MAX": 1.0},
        {"NAME": "other_half", "TYPE": "bool", "DEFAULT": false}
    ]
}*/

float folded(float place) {
    float away = abs(place - line);
    float source = other_half ? line + away : line - away;
    return 1.0 - abs(mod(source, 2.0) - 1.0);  // past an edge the picture goes on mirrored
}

void main() {
    vec2 place = isf_FragNormCoord;
    if (axis != 1) {
        place.x = folded(place.x);
    }
    if (axis != 0) {
        place.y = folded(place.y);
    }
    gl_FragColor = IMG_NORM_PIXEL(inputImage, place);
}
