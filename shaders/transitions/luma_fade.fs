/*{
    "ISFVSN": "2",
    "CREDIT": "runtime",
    "DESCRIPTION": "Bright places give way first, or dark ones.",
    "CATEGORIES": ["Dissolve"],
    "INPUTS": [
        {"NAME": "startImage", "TYPE": "image"},
        {"NAME": "endImage", "TYPE": "image"},
        {"NAME": "progress", "TYPE": "float", "DEFAULT": 0.0, "MIN": 0.0, "MAX": 1.0},
        {"NAME": "softness", "TYPE": "float", "DEFAULT": 0.25, "MIN": 0.01, "MAX": 1.0},
        {"NAME": "dark_first", "TYPE": "bool", "DEFAULT": false}
    ]
}*/

const vec3 LUMA = vec3(0.2126, 0.7152, 0.0722);  // BT.709

void main() {
    vec4 before = IMG_THIS_NORM_PIXEL(startImage);
    vec4 after = IMG_THIS_NORM_PIXEL(endImage);
    float tone = dot(before.rgb, LUMA);
    float turn = dark_first ? tone : 1.0 - tone;
    float front = progress * (1.0 + softness);
    gl_FragColor = mix(before, after, smoothstep(turn, turn + softness, front));
}
