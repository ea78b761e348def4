/*{
    "ISFVSN": "2",
    "CREDIT": "runtime",
    "DESCRIPTION": "A Gaussian blur, across and then up and down, at half size.",
    "CATEGORIES": ["Blur"],
    "INPUTS": [
        {"NAME": "inputImage", "TYPE": "image"},
        {"NAME": "radius", "TYPE": "float", "DEFAULT": 0.02, "MIN": 0.0, "MAX": 0.2}
    ],
    "PASSES": [
        {"TARGET": "across", "WIDTH": "$WIDTH/2", "HEIGHT": "$HEIGHT/2", "FLOAT": true},
        {}
    ]
}*/

// Taps between texels, so that each read weighs two: half of the reads of a plain kernel.
vec4 blurred(vec4 own, vec2 way) {
    float sigma_px = max(radius * RENDERSIZE.y * 0.5, 1e-3);
    float step_px = max(sigma_px / 3.0, 1.0);
    vec4 sum = own;
    float weights = 1.0;
    for (int i = 1; i <= 6; i++) {
        float away = float(i) * step_px;
        float weight = exp(-0.5 * away * away / (sigma_px * sigma_px));
        vec2 offset = way * away / RENDERSIZE;
        if (PASSINDEX == 0) {
            sum += weight * (IMG_NORM_PIXEL(inputImage, isf_FragNormCoord + offset) + IMG_NORM_PIXEL(inputImage, isf_FragNormCoord - offset));
        } else {
            sum += weight * (IMG_NORM_PIXEL(across, isf_FragNormCoord + offset) + IMG_NORM_PIXEL(across, isf_FragNormCoord - offset));
        }
        weights += 2.0 * weight;
    }
    return sum / weights;
}

void main() {
    if (PASSINDEX == 0) {
        gl_FragColor = blurred(IMG_THIS_PIXEL(inputImage), vec2(1.0, 0.0));
    } else {
        gl_FragColor = blurred(IMG_THIS_PIXEL(across), vec2(0.0, 1.0));
    }
}
