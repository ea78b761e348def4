/*{
    "ISFVSN": "2",
    "CREDIT": "runtime",
    "DESCRIPTION": "The picture comes and goes. Three flashes a second are the most that it makes.",
    "CATEGORIES": ["Utility"],
    "INPUTS": [
        {"NAME": "inputImage", "TYPE": "image"},
        {"NAME": "rate_hz", "TYPE": "float", "DEFAULT": 2.0, "MIN": 0.0, "MAX": 3.0},
        {"NAME": "open", "TYPE": "float", "DEFAULT": 0.5, "MIN": 0.05, "MAX": 0.95},
        {"NAME": "softness", "TYPE": "float", "DEFAULT": 0.1, "MIN": 0.0, "MAX": 1.0},
        {"NAME": "shut", "TYPE": "color", "DEFAULT": [0.0, 0.0, 0.0, 1.0]}
    ]
}*/

void main() {
    vec4 picture = IMG_THIS_PIXEL(inputImage);
    // The file's own limit holds whatever drives the rate: beyond it pictures can harm people (WCAG 2.3.1).
    float phase = fract(TIME * clamp(rate_hz, 0.0, 3.0));
    float edge = max(softness * 0.5 * min(open, 1.0 - open), 0.001);
    float shown = rate_hz <= 0.0 ? 1.0 : smoothstep(0.0, edge, phase) * (1.0 - smoothstep(open - edge, open, phase));
    gl_FragColor = mix(vec4(shut.rgb, picture.a * shut.a), picture, shown);
}
