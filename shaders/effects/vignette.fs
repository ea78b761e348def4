/*{
    "ISFVSN": "2",
    "CREDIT": "runtime",
    "DESCRIPTION": "The corners fall into the dark.",
    "CATEGORIES": ["Film"],
    "INPUTS": [
        {"NAME": "inputImage", "TYPE": "image"},
        {"NAME": "amount", "TYPE": "float", "DEFAULT": 0.7, "MIN": 0.0, "MAX": 1.0},
        {"NAME": "radius", "TYPE": "float", "DEFAULT": 0.75, "MIN": 0.1, "MAX": 1.5},
        {"NAME": "softness", "TYPE": "float", "DEFAULT": 0.55, "MIN": 0.01, "MAX": 1.5},
        {"NAME": "roundness", "TYPE": "float", "DEFAULT": 0.6, "MIN": 0.0, "MAX": 1.0},
        {"NAME": "centre", "TYPE": "point2D", "DEFAULT": [0.5, 0.5], "MIN": [0.0, 0.0], "MAX": [1.0, 1.0]},
        {"NAME": "edge", "TYPE": "color", "DEFAULT": [0.0, 0.0, 0.0, 1.0]}
    ]
}*/

void main() {
    vec4 picture = IMG_THIS_PIXEL(inputImage);
    vec2 aspect = mix(vec2(1.0), vec2(RENDERSIZE.x / RENDERSIZE.y, 1.0), roundness);
    float away = length((isf_FragNormCoord - centre) * aspect) / 0.7071;
    float kept = 1.0 - amount * smoothstep(radius - softness, radius + softness, away);
    gl_FragColor = vec4(mix(edge.rgb, picture.rgb, kept), picture.a);
}
