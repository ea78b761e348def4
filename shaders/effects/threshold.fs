/*{
    "ISFVSN": "2",
    "CREDIT": "runtime",
    "DESCRIPTION": "Black and white, parted at a brightness, with an edge as soft as wished.",
    "CATEGORIES": ["Color"],
    "INPUTS": [
        {"NAME": "inputImage", "TYPE": "image"},
        {"NAME": "level", "TYPE": "float", "DEFAULT": 0.5, "MIN": 0.0, "MAX": 1.0},
        {"NAME": "softness", "TYPE": "float", "DEFAULT": 0.02, "MIN": 0.0, "MAX": 1.0},
        {"NAME": "dark", "TYPE": "color", "DEFAULT": [0.0, 0.0, 0.0, 1.0]},
        {"NAME": "bright", "TYPE": "color", "DEFAULT": [1.0, 1.0, 1.0, 1.0]}
    ]
}*/

const vec3 LUMA = vec3(0.2126, 0.7152, 0.0722);  // BT.709

void main() {
    vec4 picture = IMG_THIS_PIXEL(inputImage);
    float edge = max(softness, 1.0 / 512.0) * 0.5;
    float middle = mix(-edge, 1.0 + edge, level);  // at 0 all is bright, at 1 all is dark
    vec4 tone = mix(dark, bright, smoothstep(middle - edge, middle + edge, dot(picture.rgb, LUMA)));
    gl_FragColor = vec4(tone.rgb, picture.a * tone.a);
}
