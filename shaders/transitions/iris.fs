/*{
    "ISFVSN": "2",
    "CREDIT": "runtime",
    "DESCRIPTION": "A circle opens on the new picture.",
    "CATEGORIES": ["Wipe"],
    "INPUTS": [
        {"NAME": "startImage", "TYPE": "image"},
        {"NAME": "endImage", "TYPE": "image"},
        {"NAME": "progress", "TYPE": "float", "DEFAULT": 0.0, "MIN": 0.0, "MAX": 1.0},
        {"NAME": "centre", "TYPE": "point2D", "DEFAULT": [0.5, 0.5], "MIN": [0.0, 0.0], "MAX": [1.0, 1.0]},
        {"NAME": "softness", "TYPE": "float", "DEFAULT": 0.05, "MIN": 0.0, "MAX": 0.5},
        {"NAME": "closing", "TYPE": "bool", "DEFAULT": false}
    ]
}*/

void main() {
    vec2 aspect = vec2(RENDERSIZE.x / RENDERSIZE.y, 1.0);
    float away = length((isf_FragNormCoord - centre) * aspect);
    vec2 farthest = max(centre, 1.0 - centre) * aspect;
    float edge = max(softness, 0.002);
    float gone = closing ? 1.0 - progress : progress;
    float radius = gone * (length(farthest) + edge);
    float inside = 1.0 - smoothstep(radius - edge, radius, away);
    float shown = closing ? 1.0 - inside : inside;
    gl_FragColor = mix(IMG_THIS_NORM_PIXEL(startImage), IMG_THIS_NORM_PIXEL(endImage), shown);
}
