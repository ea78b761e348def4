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
        {"TARGET": "small1", "FLOAT": true, "WIDTH": "$WIDTH*min(0.5, 360/$HEIGHT)", "HEIGHT": "$HEIGHT*min(0.5, 360/$HEIGHT)"},
        {"TARGET": "small2", "FLOAT": true, "WIDTH": "$WIDTH*min(0.5, 180/$HEIGHT)", "HEIGHT": "$HEIGHT*min(0.5, 180/$HEIGHT)"},
        {"TARGET": "small3", "FLOAT": true, "WIDTH": "$WIDTH*min(0.5, 90/$HEIGHT)", "HEIGHT": "$HEIGHT*min(0.5, 90/$HEIGHT)"},
        {"TARGET": "small4", "FLOAT": true, "WIDTH": "$WIDTH*min(0.5, 45/$HEIGHT)", "HEIGHT": "$HEIGHT*min(0.5, 45/$HEIGHT)"},
        {"TARGET": "large3", "FLOAT": true, "WIDTH": "$WIDTH*min(0.5, 90/$HEIGHT)", "HEIGHT": "$HEIGHT*min(0.5, 90/$HEIGHT)"},
        {"TARGET": "large2", "FLOAT": true, "WIDTH": "$WIDTH*min(0.5, 180/$HEIGHT)", "HEIGHT": "$HEIGHT*min(0.5, 180/$HEIGHT)"},
        {"TARGET": "large1", "FLOAT": true, "WIDTH": "$WIDTH*min(0.5, 360/$HEIGHT)", "HEIGHT": "$HEIGHT*min(0.5, 360/$HEIGHT)"},
        {}
    ]
}*/

// Dual Kawase filter (M. Bjørge, "Bandwidth-efficient rendering", SIGGRAPH 2015): steps down to ever smaller pictures, and up
// again, with few reads each. The reads lie as they would for a canvas of 720 lines, so that it reaches as far at any size.
vec4 source(vec2 offset) {
    float lines = PASSINDEX < 4 ? 360.0 * exp2(-float(PASSINDEX)) : 90.0 * exp2(float(PASSINDEX - 4));
    vec2 place = isf_FragNormCoord + offset * spread / lines * vec2(RENDERSIZE.y / RENDERSIZE.x, 1.0);
    return PASSINDEX == 1 ? IMG_NORM_PIXEL(small1, place)
        : PASSINDEX == 2 ? IMG_NORM_PIXEL(small2, place)
        : PASSINDEX == 3 ? IMG_NORM_PIXEL(small3, place)
        : PASSINDEX == 4 ? IMG_NORM_PIXEL(small4, place)
        : PASSINDEX == 5 ? IMG_NORM_PIXEL(large3, place)
        : PASSINDEX == 6 ? IMG_NORM_PIXEL(large2, place)
        : IMG_NORM_PIXEL(large1, place);
}

// The mean of nine places in a pixel of the first, smaller picture.
vec4 first() {
    vec4 sum = vec4(0.0);
    for (int i = 0; i < 9; i++) {
        vec2 offset = (vec2(mod(float(i), 3.0), floor(float(i) / 3.0)) - 1.0) / 3.0;
        sum += IMG_NORM_PIXEL(inputImage, isf_FragNormCoord + offset / RENDERSIZE);
    }
    return sum / 9.0;
}

vec4 down() {
    return source(vec2(0.0)) * 0.5 + 0.125 * (
        source(vec2(0.5)) + source(vec2(-0.5)) + source(vec2(0.5, -0.5)) + source(vec2(-0.5, 0.5)));
}

vec4 up() {
    return (source(vec2(1.0, 0.0)) + source(vec2(-1.0, 0.0)) + source(vec2(0.0, 1.0)) + source(vec2(0.0, -1.0)) + 2.0 * (
        source(vec2(0.5)) + source(vec2(-0.5)) + source(vec2(0.5, -0.5)) + source(vec2(-0.5, 0.5)))) / 12.0;
}

void main() {
    gl_FragColor = PASSINDEX == 0 ? first() : PASSINDEX < 4 ? down() : up();
}
