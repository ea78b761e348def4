/*{
    "ISFVSN": "2",
    "CREDIT": "runtime",
    "DESCRIPTION": "Outlines alone, by Sobel: bright lines on the dark, or over the picture.",
    "CATEGORIES": ["Stylize"],
    "INPUTS": [
        {"NAME": "inputImage", "TYPE": "image"},
        {"NAME": "amount", "TYPE": "float", "DEFAULT": 2.0, "MIN": 0.0, "MAX": 8.0},
        {"NAME": "radius_px", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.5, "MAX": 8.0},
        {"NAME": "line", "TYPE": "color", "DEFAULT": [1.0, 1.0, 1.0, 1.0]},
        {"NAME": "background", "TYPE": "float", "DEFAULT": 0.0, "MIN": 0.0, "MAX": 1.0},
        {"NAME": "own_colour", "TYPE": "bool", "DEFAULT": false}
    ]
}*/

const vec3 LUMA = vec3(0.2126, 0.7152, 0.0722);  // BT.709

float tone(float x, float y) {
    float px = RENDERSIZE.y / 720.0;  // of a picture 720 lines high
    return dot(IMG_NORM_PIXEL(inputImage, isf_FragNormCoord + vec2(x, y) * radius_px * px / RENDERSIZE).rgb, LUMA);
}

void main() {
    vec4 picture = IMG_THIS_PIXEL(inputImage);
    float nw = tone(-1.0, 1.0), n = tone(0.0, 1.0), ne = tone(1.0, 1.0), w = tone(-1.0, 0.0);
    float e = tone(1.0, 0.0), sw = tone(-1.0, -1.0), s = tone(0.0, -1.0), se = tone(1.0, -1.0);
    float across = ne + 2.0 * e + se - nw - 2.0 * w - sw;
    float up = nw + 2.0 * n + ne - sw - 2.0 * s - se;
    float strength = clamp(amount * length(vec2(across, up)) * 0.5, 0.0, 1.0);
    vec3 drawn = own_colour ? picture.rgb : line.rgb;
    gl_FragColor = vec4(mix(picture.rgb * background, drawn, strength * line.a), picture.a);
}
