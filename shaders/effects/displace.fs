/*{
    "ISFVSN": "2",
    "CREDIT": "runtime",
    "DESCRIPTION": "Another picture moves this one about: its red to the side, its green up and down.",
    "CATEGORIES": ["Distortion"],
    "INPUTS": [
        {"NAME": "inputImage", "TYPE": "image"},
        {"NAME": "map", "TYPE": "image"},
        {"NAME": "amount", "TYPE": "float", "DEFAULT": 0.1, "MIN": -1.0, "MAX": 1.0},
        {"NAME": "neutral", "TYPE": "point2D", "DEFAULT": [0.5, 0.5], "MIN": [0.0, 0.0], "MAX": [1.0, 1.0]}
    ]
}*/

void main() {
    vec4 mover = IMG_NORM_PIXEL(map, isf_FragNormCoord);
    vec2 push = (mover.rg - neutral) * mover.a;  // what is clear moves nothing
    vec2 place = isf_FragNormCoord + push * 2.0 * amount;
    gl_FragColor = IMG_NORM_PIXEL(inputImage, 1.0 - abs(mod(place, 2.0) - 1.0));
}
