/*{
    "ISFVSN": "2",
    "CREDIT": "runtime",
    "DESCRIPTION": "Film grain: strongest in the middle tones, anew at each frame of a film.",
    "CATEGORIES": ["Film"],
    "INPUTS": [
        {"NAME": "inputImage", "TYPE": "image"},
        {"NAME": "amount", "TYPE": "float", "DEFAULT": 0.12, "MIN": 0.0, "MAX": 1.0},
        {"NAME": "size_px", "TYPE": "float", "DEFAULT": 1.5, "MIN": 1.0, "MAX": 8.0},
        {"NAME": "rate_hz", "TYPE": "float", "DEFAULT": 24.0, "MIN": 0.0, "MAX": 60.0},
        {"NAME": "colour", "TYPE": "float", "DEFAULT": 0.2, "MIN": 0.0, "MAX": 1.0}
    ]
}*/

float hash(vec2 cell, float seed) {
    vec3 q = fract(vec3(cell.xyx) * 0.1031 + seed * 0.0173);
    q += dot(q, q.yzx + 33.33);
    return fract((q.x + q.y) * q.z);
}

const vec3 LUMA = vec3(0.2126, 0.7152, 0.0722);  // BT.709

void main() {
    vec4 picture = IMG_THIS_PIXEL(inputImage);
    float frame = floor(TIME * rate_hz);
    float side = max(size_px * RENDERSIZE.y / 720.0, 1.0);  // in pixels of a picture 720 lines high
    // The cells lie elsewhere in each frame: where they are no whole pixels wide, their grid would show.
    vec2 cell = floor(gl_FragCoord.xy / side + vec2(hash(vec2(3.0), frame), hash(vec2(5.0), frame)));
    vec3 own = vec3(hash(cell, frame), hash(cell + 71.0, frame), hash(cell + 137.0, frame));
    vec3 speck = mix(vec3(own.x), own, colour) - 0.5;
    float tone = clamp(dot(picture.rgb, LUMA), 0.0, 1.0);
    gl_FragColor = vec4(clamp(picture.rgb + speck * amount * (0.25 + 3.0 * tone * (1.0 - tone)), 0.0, 1.0), picture.a);
}
