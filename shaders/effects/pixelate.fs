/*{
    "ISFVSN": "2",
    "CREDIT": "runtime",
    "DESCRIPTION": "Large square pixels.",
    "CATEGORIES": ["Stylize"],
    "INPUTS": [
        {"NAME": "inputImage", "TYPE": "image"},
        {"NAME": "size_px", "TYPE": "float", "DEFAULT": 16.0, "MIN": 1.0, "MAX": 256.0}
    ]
}*/

void main() {
    vec2 cell = floor((gl_FragCoord.xy - 0.5 * RENDERSIZE) / size_px) + 0.5;
    gl_FragColor = IMG_NORM_PIXEL(inputImage, clamp(cell * size_px / RENDERSIZE + 0.5, 0.0, 1.0));
}
