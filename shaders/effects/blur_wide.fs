/*{
    "ISFVSN": "2",
    "CREDIT": "runtime",
    "DESCRIPTION": "A wide, soft and cheap blur (dual Kawase).",
    "CATEGORIES": ["Blur"],
    "INPUTS": [
        {"NAME": "inputImage", "TYPE": "image"},
        {"NAME": "spread", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.0, "MAX": 3.0}
    ],
    "PASSES": [
        {"TARGET": "small2", "FLOAT": true, "WIDTH": "$WIDTH/2", "HEIGHT": "$HEIGHT/2"},
        {"TARGET": "small4", "FLOAT": true, "WIDTH": "$WIDTH/4", "HEIGHT": "$HEIGHT/4"},
        {"TARGET": "small8", "FLOAT": true, "WIDTH": "$WIDTH/8", "HEIGHT": "$HEIGHT/8"},
        {"TARGET": "large4", "FLOAT": true, "WIDTH": "$WIDTH/4", "HEIGHT": "$HEIGHT/4"},
        {"TARGET": "large2", "FLOAT": true, "WIDTH": "$WIDTH/2", "HEIGHT": "$HEIGHT/2"},
        {}
    ]
}*/

// Dual Kawase filter (M. Bjørge, "Bandwidth-efficient rendering", SIGGRAPH 2015): each step down halves the picture and
// each step up doubles it, with few reads.
void main() {
    vec2 half_px = 0.5 * spread / RENDERSIZE;
    if (PASSINDEX == 0) {
        gl_FragColor = IMG_THIS_NORM_PIXEL(inputImage) * 0.5 + 0.125 * (
            IMG_NORM_PIXEL(inputImage, isf_FragNormCoord + half_px) + IMG_NORM_PIXEL(inputImage, isf_FragNormCoord - half_px)
            + IMG_NORM_PIXEL(inputImage, isf_FragNormCoord + half_px * vec2(1.0, -1.0))
            + IMG_NORM_PIXEL(inputImage, isf_FragNormCoord - half_px * vec2(1.0, -1.0)));
    } else if (PASSINDEX == 1) {
        gl_FragColor = IMG_THIS_NORM_PIXEL(small2) * 0.5 + 0.125 * (
            IMG_NORM_PIXEL(small2, isf_FragNormCoord + half_px) + IMG_NORM_PIXEL(small2, isf_FragNormCoord - half_px)
            + IMG_NORM_PIXEL(small2, isf_FragNormCoord + half_px * vec2(1.0, -1.0))
            + IMG_NORM_PIXEL(small2, isf_FragNormCoord - half_px * vec2(1.0, -1.0)));
    } else if (PASSINDEX == 2) {
        gl_FragColor = IMG_THIS_NORM_PIXEL(small4) * 0.5 + 0.125 * (
            IMG_NORM_PIXEL(small4, isf_FragNormCoord + half_px) + IMG_NORM_PIXEL(small4, isf_FragNormCoord - half_px)
            + IMG_NORM_PIXEL(small4, isf_FragNormCoord + half_px * vec2(1.0, -1.0))
            + IMG_NORM_PIXEL(small4, isf_FragNormCoord - half_px * vec2(1.0, -1.0)));
    } else if (PASSINDEX == 3) {
        gl_FragColor = (IMG_NORM_PIXEL(small8, isf_FragNormCoord + vec2(2.0, 0.0) * half_px)
            + IMG_NORM_PIXEL(small8, isf_FragNormCoord - vec2(2.0, 0.0) * half_px)
            + IMG_NORM_PIXEL(small8, isf_FragNormCoord + vec2(0.0, 2.0) * half_px)
            + IMG_NORM_PIXEL(small8, isf_FragNormCoord - vec2(0.0, 2.0) * half_px)
            + 2.0 * (IMG_NORM_PIXEL(small8, isf_FragNormCoord + half_px) + IMG_NORM_PIXEL(small8, isf_FragNormCoord - half_px)
            + IMG_NORM_PIXEL(small8, isf_FragNormCoord + half_px * vec2(1.0, -1.0))
            + IMG_NORM_PIXEL(small8, isf_FragNormCoord - half_px * vec2(1.0, -1.0)))) / 12.0;
    } else if (PASSINDEX == 4) {
        gl_FragColor = (IMG_NORM_PIXEL(large4, isf_FragNormCoord + vec2(2.0, 0.0) * half_px)
            + IMG_NORM_PIXEL(large4, isf_FragNormCoord - vec2(2.0, 0.0) * half_px)
            + IMG_NORM_PIXEL(large4, isf_FragNormCoord + vec2(0.0, 2.0) * half_px)
            + IMG_NORM_PIXEL(large4, isf_FragNormCoord - vec2(0.0, 2.0) * half_px)
            + 2.0 * (IMG_NORM_PIXEL(large4, isf_FragNormCoord + half_px) + IMG_NORM_PIXEL(large4, isf_FragNormCoord - half_px)
            + IMG_NORM_PIXEL(large4, isf_FragNormCoord + half_px * vec2(1.0, -1.0))
            + IMG_NORM_PIXEL(large4, isf_FragNormCoord - half_px * vec2(1.0, -1.0)))) / 12.0;
    } else {
        gl_FragColor = (IMG_NORM_PIXEL(large2, isf_FragNormCoord + vec2(2.0, 0.0) * half_px)
            + IMG_NORM_PIXEL(large2, isf_FragNormCoord - vec2(2.0, 0.0) * half_px)
            + IMG_NORM_PIXEL(large2, isf_FragNormCoord + vec2(0.0, 2.0) * half_px)
            + IMG_NORM_PIXEL(large2, isf_FragNormCoord - vec2(0.0, 2.0) * half_px)
            + 2.0 * (IMG_NORM_PIXEL(large2, isf_FragNormCoord + half_px) + IMG_NORM_PIXEL(large2, isf_FragNormCoord - half_px)
            + IMG_NORM_PIXEL(large2, isf_FragNormCoord + half_px * vec2(1.0, -1.0))
            + IMG_NORM_PIXEL(large2, isf_FragNormCoord - half_px * vec2(1.0, -1.0)))) / 12.0;
    }
}
