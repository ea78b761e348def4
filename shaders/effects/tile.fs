/*{
    "ISFVSN": "2",
    "CREDIT": "runtime",
    "DESCRIPTION": "The picture again and again, mirrored so that edges meet.",
    "CATEGORIES": ["Geometry"],
    "INPUTS": [
        {"NAME": "inputImage", "TYPE": "image"},
        {"NAME": "across", "TYPE": "float", "DEFAULT": 2.0, "MIN": 1.0, "MAX": 16.0},
        {"NAME": "down", "TYPE": "float", "DEFAULT": 2.0, "MIN": 1.0, "MAX": 16.0},
        {"NAME": "shift", "TYPE": "point2D", "DEFAULT": [0.0, 0.0], "MIN": [-1.0, -1.0], "MAX": [1.0, 1.0]},
        {"NAME": "mirrored", "TYPE": "bool", "DEFAULT": true}
    ]
}*/

void main() {
    vec2 place = (isf_FragNormCoord - 0.5) * vec2(across, down) + 0.5 + shift;
    vec2 own = fract(place);
    vec2 odd = mod(floor(place), 2.0);
    gl_FragColor = IMG_NORM_PIXEL(inputImage, mirrored ? mix(own, 1.0 - own, odd) : own);
}
