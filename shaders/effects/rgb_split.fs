/*{
    "ISFVSN": "2",
    "CREDIT": "runtime",
    "DESCRIPTION": "Red and blue move apart, as through a bad lens or from a worn tape.",
    "CATEGORIES": ["Glitch", "Color"],
    "INPUTS": [
        {"NAME": "inputImage", "TYPE": "image"},
        {"NAME": "amount", "TYPE": "float", "DEFAULT": 0.01, "MIN": 0.0, "MAX": 0.2},
        {"NAME": "angle", "TYPE": "float", "DEFAULT": 0.0, "MIN": -0.5, "MAX": 0.5},
        {"NAME": "from_centre", "TYPE": "bool", "DEFAULT": false}
    ]
}*/

// Past an edge the picture goes on mirrored.
vec2 folded(vec2 place) {
    return 1.0 - abs(mod(place, 2.0) - 1.0);
}

void main() {
    float turn = angle * 6.28318531;
    vec2 way = vec2(cos(turn), sin(turn)) * amount * vec2(RENDERSIZE.y / RENDERSIZE.x, 1.0);
    if (from_centre) {
        way = (isf_FragNormCoord - 0.5) * 2.0 * amount;
    }
    vec4 middle = IMG_THIS_PIXEL(inputImage);
    vec4 red = IMG_NORM_PIXEL(inputImage, folded(isf_FragNormCoord + way));
    vec4 blue = IMG_NORM_PIXEL(inputImage, folded(isf_FragNormCoord - way));
    gl_FragColor = vec4(red.r, middle.g, blue.b, max(middle.a, max(red.a, blue.a)));
}
