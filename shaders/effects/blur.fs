/*{
    "ISFVSN": "2",
    "CREDIT": "runtime",
    "DESCRIPTION": "A Gaussian blur, as far as wished.",
    "CATEGORIES": ["Blur"],
    "INPUTS": [
        {"NAME": "inputImage", "TYPE": "image"},
        {"NAME": "radius", "TYPE": "float", "DEFAULT": 0.02, "MIN": 0.0, "MAX": 0.2}
    ],
    "PASSES": [
        {"TARGET": "halved", "WIDTH": "$WIDTH/2", "HEIGHT": "$HEIGHT/2", "FLOAT": true},
        {"TARGET": "near_across", "WIDTH": "$WIDTH/2", "HEIGHT": "$HEIGHT/2", "FLOAT": true},
        {"TARGET": "near", "WIDTH": "$WIDTH/2", "HEIGHT": "$HEIGHT/2", "FLOAT": true},
        {"TARGET": "quarter", "WIDTH": "$WIDTH/4", "HEIGHT": "$HEIGHT/4", "FLOAT": true},
        {"TARGET": "small", "WIDTH": "$WIDTH*min(0.25, 135/$HEIGHT)", "HEIGHT": "$HEIGHT*min(0.25, 135/$HEIGHT)", "FLOAT": true},
        {"TARGET": "wide_across", "WIDTH": "$WIDTH*min(0.25, 135/$HEIGHT)", "HEIGHT": "$HEIGHT*min(0.25, 135/$HEIGHT)", "FLOAT": true},
        {"TARGET": "wide", "WIDTH": "$WIDTH*min(0.25, 135/$HEIGHT)", "HEIGHT": "$HEIGHT*min(0.25, 135/$HEIGHT)", "FLOAT": true},
        {}
    ]
}*/

// Across and then up and down, at half size; a wide one in a small picture, since reads that lie far apart would show as a grid.
// Both between, where they look the same.
float small_part() {
    return smoothstep(1.5, 2.5, radius * 0.5 * min(IMG_SIZE(inputImage).y * 0.25, 135.0));
}

vec4 source(vec2 place) {
    return PASSINDEX == 1 ? IMG_NORM_PIXEL(halved, place)
        : PASSINDEX == 2 ? IMG_NORM_PIXEL(near_across, place)
        : PASSINDEX == 5 ? IMG_NORM_PIXEL(small, place)
        : IMG_NORM_PIXEL(wide_across, place);
}

// Taps between pixels, so that each read weighs two; none where it does not count.
vec4 blurred(vec2 way, float counts) {
    float sigma_px = max(radius * 0.5 * RENDERSIZE.y, 1e-3);
    int count = counts > 0.0 ? int(min(ceil(sigma_px * 1.5), 64.0)) : 0;
    vec4 sum = source(isf_FragNormCoord);
    float weights = 1.0;
    for (int i = 1; i <= count; i++) {
        float away = float(i) * 2.0 - 0.5;
        float weight = 2.0 * exp(-0.5 * away * away / (sigma_px * sigma_px));
        vec2 offset = way * away / RENDERSIZE;
        sum += weight * (source(isf_FragNormCoord + offset) + source(isf_FragNormCoord - offset));
        weights += 2.0 * weight;
    }
    return sum / weights;
}

// The mean of four places, each between pixels: of sixteen where the picture becomes a quarter as wide.
vec4 mean() {
    vec4 sum = vec4(0.0);
    for (int i = 0; i < 4; i++) {
        sum += IMG_NORM_PIXEL(quarter, isf_FragNormCoord + (vec2(i & 1, i >> 1) - 0.5) * 0.5 / RENDERSIZE);
    }
    return sum * 0.25;
}

void main() {
    float part = small_part();
    if (PASSINDEX == 0) {
        gl_FragColor = IMG_NORM_PIXEL(inputImage, isf_FragNormCoord);
    } else if (PASSINDEX == 3) {
        gl_FragColor = IMG_NORM_PIXEL(halved, isf_FragNormCoord);
    } else if (PASSINDEX == 4) {
        gl_FragColor = mean();
    } else if (PASSINDEX < 7) {
        gl_FragColor = blurred(PASSINDEX % 4 == 1 ? vec2(1.0, 0.0) : vec2(0.0, 1.0), PASSINDEX < 3 ? 1.0 - part : part);
    } else {
        vec4 found = mix(IMG_NORM_PIXEL(near, isf_FragNormCoord), IMG_NORM_PIXEL(wide, isf_FragNormCoord), part);
        gl_FragColor = mix(IMG_THIS_PIXEL(inputImage), found, clamp(radius * 0.5 * RENDERSIZE.y, 0.0, 1.0));
    }
}
