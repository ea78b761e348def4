/*{
    "ISFVSN": "2",
    "CREDIT": "runtime",
    "DESCRIPTION": "What moves leaves a trail that dies away.",
    "CATEGORIES": ["Feedback"],
    "INPUTS": [
        {"NAME": "inputImage", "TYPE": "image"},
        {"NAME": "half_life_s", "TYPE": "float", "DEFAULT": 0.35, "MIN": 0.01, "MAX": 10.0},
        {"NAME": "merge", "TYPE": "long", "DEFAULT": 0, "VALUES": [0, 1, 2], "LABELS": ["Ghost", "Light trails", "Dark trails"]}
    ],
    "PASSES": [
        {"TARGET": "trail", "PERSISTENT": true, "FLOAT": true},
        {}
    ]
}*/

void main() {
    if (PASSINDEX == 0) {
        vec4 now = IMG_THIS_PIXEL(inputImage);
        vec4 before = IMG_THIS_PIXEL(trail);
        float kept = exp2(-TIMEDELTA / half_life_s);
        vec4 left = mix(now, before, kept);
        if (merge == 1) {
            left = max(now, before * kept);
        } else if (merge == 2) {
            left = vec4(min(now.rgb, 1.0 - (1.0 - before.rgb) * kept), max(now.a, before.a * kept));
        }
        gl_FragColor = FRAMEINDEX == 0 ? now : left;
    } else {
        gl_FragColor = IMG_THIS_PIXEL(trail);
    }
}
