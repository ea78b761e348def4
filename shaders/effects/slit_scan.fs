/*{
    "ISFVSN": "2",
    "CREDIT": "runtime",
    "DESCRIPTION": "A slit sweeps over the picture; what it has passed stays as it was then.",
    "CATEGORIES": ["Feedback", "Stylize"],
    "INPUTS": [
        {"NAME": "inputImage", "TYPE": "image"},
        {"NAME": "period_s", "TYPE": "float", "DEFAULT": 4.0, "MIN": 0.2, "MAX": 60.0},
        {"NAME": "way", "TYPE": "long", "DEFAULT": 0, "VALUES": [0, 1, 2, 3], "LABELS": ["To the right", "To the left", "Up", "Down"]},
        {"NAME": "slit", "TYPE": "float", "DEFAULT": 0.0, "MIN": 0.0, "MAX": 0.2}
    ],
    "PASSES": [
        {"TARGET": "sweep", "PERSISTENT": true, "FLOAT": true, "WIDTH": "1", "HEIGHT": "1"},
        {"TARGET": "scanned", "PERSISTENT": true},
        {}
    ]
}*/

// The sweep holds where the slit is, 0 to 1: worked out from TIME it would leap with every change of the period.
void main() {
    if (PASSINDEX == 0) {
        float before = IMG_NORM_PIXEL(sweep, vec2(0.5)).r;
        gl_FragColor = vec4(fract(FRAMEINDEX == 0 ? TIME / period_s : before + TIMEDELTA / period_s));
    } else if (PASSINDEX == 1) {
        float place = way < 2 ? isf_FragNormCoord.x : isf_FragNormCoord.y;
        if (way == 1 || way == 3) {
            place = 1.0 - place;
        }
        // How long ago the slit was here, in sweeps; what it passed since the last step is taken anew.
        float since = fract(IMG_NORM_PIXEL(sweep, vec2(0.5)).r - place);
        bool fresh = since <= TIMEDELTA / period_s + slit || FRAMEINDEX == 0;
        gl_FragColor = fresh ? IMG_THIS_PIXEL(inputImage) : IMG_THIS_PIXEL(scanned);
    } else {
        gl_FragColor = IMG_THIS_PIXEL(scanned);
    }
}
