/*{
    "ISFVSN": "2",
    "CREDIT": "runtime",
    "DESCRIPTION": "The lines, the shadow mask and the rolling bar of a picture tube.",
    "CATEGORIES": ["Stylize"],
    "INPUTS": [
        {"NAME": "inputImage", "TYPE": "image"},
        {"NAME": "lines", "TYPE": "float", "DEFAULT": 240.0, "MIN": 32.0, "MAX": 1080.0},
        {"NAME": "depth", "TYPE": "float", "DEFAULT": 0.45, "MIN": 0.0, "MAX": 1.0},
        {"NAME": "mask", "TYPE": "float", "DEFAULT": 0.15, "MIN": 0.0, "MAX": 1.0},
        {"NAME": "roll", "TYPE": "float", "DEFAULT": 0.08, "MIN": 0.0, "MAX": 1.0},
        {"NAME": "roll_hz", "TYPE": "float", "DEFAULT": 0.15, "MIN": 0.0, "MAX": 2.0}
    ]
}*/

// What is left of a wave of that many to a pixel, seen through the pixel: finer ones than two pixels make no pattern of their own.
float left(float waves) {
    return waves < 1.0 ? sin(3.14159265 * waves) / (3.14159265 * waves) : 0.0;
}

void main() {
    vec4 picture = IMG_THIS_PIXEL(inputImage);
    float waves = lines / RENDERSIZE.y;
    float line = 0.5 + 0.5 * left(waves) * cos(isf_FragNormCoord.y * lines * 6.28318531);
    // A triad of red, green and blue as wide as a line is high.
    vec3 stripe = 0.5 + 0.5 * left(waves) * cos((gl_FragCoord.x * waves - vec3(0.0, 1.0, 2.0) / 3.0) * 6.28318531);
    float bar = fract(isf_FragNormCoord.y + TIME * roll_hz);
    vec3 light = picture.rgb * (1.0 - depth * (1.0 - line)) * (1.0 - mask * (1.0 - stripe));
    gl_FragColor = vec4(light * (1.0 + roll * smoothstep(0.75, 1.0, bar)), picture.a);
}
