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

void main() {
    vec4 picture = IMG_THIS_PIXEL(inputImage);
    float line = 0.5 + 0.5 * cos(isf_FragNormCoord.y * lines * 6.28318531);
    float third = mod(floor(gl_FragCoord.x), 3.0);
    vec3 stripe = vec3(third == 0.0, third == 1.0, third == 2.0);
    float bar = fract(isf_FragNormCoord.y + TIME * roll_hz);
    vec3 light = picture.rgb * (1.0 - depth * (1.0 - line)) * (1.0 - mask + mask * 1.5 * stripe);
    gl_FragColor = vec4(light * (1.0 + roll * smoothstep(0.75, 1.0, bar)), picture.a);
}
