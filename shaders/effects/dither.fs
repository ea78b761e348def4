/*{
    "ISFVSN": "2",
    "CREDIT": "runtime",
    "DESCRIPTION": "Few steps of each colour, told apart by an ordered pattern of dots (Bayer, 8 by 8).",
    "CATEGORIES": ["Color", "Stylize"],
    "INPUTS": [
        {"NAME": "inputImage", "TYPE": "image"},
        {"NAME": "steps", "TYPE": "float", "DEFAULT": 2.0, "MIN": 2.0, "MAX": 16.0},
        {"NAME": "dot_px", "TYPE": "float", "DEFAULT": 2.0, "MIN": 1.0, "MAX": 16.0},
        {"NAME": "grey", "TYPE": "bool", "DEFAULT": false}
    ]
}*/

const vec3 LUMA = vec3(0.2126, 0.7152, 0.0722);  // BT.709

// Bayer's 8 by 8 matrix from the bits of the place: the lowest bits weigh most. -0.5..0.5.
float bayer(vec2 cell) {
    float sum = 0.5;
    float weight = 16.0;
    for (int i = 0; i < 3; i++) {
        vec2 bit = mod(floor(cell), 2.0);
        sum += weight * (2.0 * mod(bit.x + bit.y, 2.0) + bit.y);
        cell *= 0.5;
        weight *= 0.25;
    }
    return sum / 64.0 - 0.5;
}

void main() {
    float px = RENDERSIZE.y / 720.0;  // of a picture 720 lines high
    float side = max(floor(dot_px * px + 0.5), 1.0);
    vec2 cell = floor(gl_FragCoord.xy / side);
    vec4 picture = IMG_NORM_PIXEL(inputImage, (cell + 0.5) * side / RENDERSIZE);
    vec3 tone = grey ? vec3(dot(picture.rgb, LUMA)) : picture.rgb;
    float last = max(floor(steps), 2.0) - 1.0;
    gl_FragColor = vec4(clamp(floor(tone * last + 0.5 + bayer(cell)) / last, 0.0, 1.0), picture.a);
}
