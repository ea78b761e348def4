/*{
    "ISFVSN": "2",
    "CREDIT": "runtime",
    "DESCRIPTION": "Large square pixels.",
    "CATEGORIES": ["Stylize"],
    "INPUTS": [
        {"NAME": "inputImage", "TYPE": "image"},
        {"NAME": "size_px", "TYPE": "float", "DEFAULT": 16.0, "MIN": 1.0, "MAX": 256.0}
    ],
    "PASSES": [
        {"TARGET": "quarter", "WIDTH": "$WIDTH/4", "HEIGHT": "$HEIGHT/4"},
        {"TARGET": "sixteenth", "WIDTH": "$WIDTH/16", "HEIGHT": "$HEIGHT/16"},
        {}
    ]
}*/

// The mean of four places a quarter of `width` from the middle; a read weighs four pixels, so that of a picture in which `width`
// is four pixels nothing is left out.
vec4 mean(vec2 place, vec2 width, int from) {
    vec4 sum = vec4(0.0);
    for (int i = 0; i < 4; i++) {
        vec2 at = place + (vec2(i & 1, i >> 1) - 0.5) * 0.5 * width;
        vec4 one = from == 0 ? IMG_NORM_PIXEL(inputImage, at) : from == 1 ? IMG_NORM_PIXEL(quarter, at) : IMG_NORM_PIXEL(sixteenth, at);
        sum += vec4(one.rgb * one.a, one.a);
    }
    return vec4(sum.rgb / max(sum.a, 1e-4), sum.a * 0.25);
}

void main() {
    if (PASSINDEX < 2) {
        gl_FragColor = mean(isf_FragNormCoord, 1.0 / RENDERSIZE, PASSINDEX);
    } else {
        float side = max(size_px * RENDERSIZE.y / 720.0, 1.0);  // in pixels of a picture 720 lines high
        vec2 cell = floor((gl_FragCoord.xy - 0.5 * RENDERSIZE) / side) + 0.5;
        vec2 place = clamp(cell * side / RENDERSIZE + 0.5, 0.0, 1.0);
        gl_FragColor = side < 2.0 ? IMG_NORM_PIXEL(inputImage, place)
            : mean(place, side / RENDERSIZE, side < 8.0 ? 0 : side < 32.0 ? 1 : 2);
    }
}
