/*{
    "ISFVSN": "2",
    "CREDIT": "runtime",
    "DESCRIPTION": "What is dark, or what is bright, becomes clear.",
    "CATEGORIES": ["Keying"],
    "INPUTS": [
        {"NAME": "inputImage", "TYPE": "image"},
        {"NAME": "level", "TYPE": "float", "DEFAULT": 0.25, "MIN": 0.0, "MAX": 1.0},
        {"NAME": "softness", "TYPE": "float", "DEFAULT": 0.15, "MIN": 0.0, "MAX": 1.0},
        {"NAME": "bright", "TYPE": "bool", "DEFAULT": false}
    ]
}*/

const vec3 LUMA = vec3(0.2126, 0.7152, 0.0722);  // BT.709

void main() {
    vec4 picture = IMG_THIS_PIXEL(inputImage);
    float edge = max(softness, 1.0 / 512.0) * 0.5;
    float middle = mix(-edge, 1.0 + edge, level);  // at 0 all is bright, at 1 all is dark
    float kept = smoothstep(middle - edge, middle + edge, dot(picture.rgb, LUMA));
    gl_FragColor = vec4(picture.rgb, picture.a * (bright ? 1.0 - kept : kept));
}
