/*{
    "ISFVSN": "2",
    "CREDIT": "runtime",
    "DESCRIPTION": "Dark and bright each a colour, and all between them a mix.",
    "CATEGORIES": ["Color"],
    "INPUTS": [
        {"NAME": "inputImage", "TYPE": "image"},
        {"NAME": "dark", "TYPE": "color", "DEFAULT": [0.05, 0.02, 0.2, 1.0]},
        {"NAME": "bright", "TYPE": "color", "DEFAULT": [1.0, 0.85, 0.55, 1.0]},
        {"NAME": "contrast", "TYPE": "float", "DEFAULT": 1.2, "MIN": 0.2, "MAX": 4.0},
        {"NAME": "amount", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.0, "MAX": 1.0}
    ]
}*/

const vec3 LUMA = vec3(0.2126, 0.7152, 0.0722);  // BT.709

void main() {
    vec4 picture = IMG_THIS_PIXEL(inputImage);
    float tone = clamp((dot(picture.rgb, LUMA) - 0.5) * contrast + 0.5, 0.0, 1.0);
    gl_FragColor = vec4(mix(picture.rgb, mix(dark.rgb, bright.rgb, tone), amount), picture.a);
}
