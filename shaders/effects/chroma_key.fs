/*{
    "ISFVSN": "2",
    "CREDIT": "runtime",
    "DESCRIPTION": "What has the colour of the key becomes clear, and the colour that it spills is taken back.",
    "CATEGORIES": ["Keying"],
    "INPUTS": [
        {"NAME": "inputImage", "TYPE": "image"},
        {"NAME": "key", "TYPE": "color", "DEFAULT": [0.0, 0.7, 0.2, 1.0]},
        {"NAME": "tolerance", "TYPE": "float", "DEFAULT": 0.18, "MIN": 0.0, "MAX": 1.0},
        {"NAME": "softness", "TYPE": "float", "DEFAULT": 0.12, "MIN": 0.0, "MAX": 1.0},
        {"NAME": "spill", "TYPE": "float", "DEFAULT": 0.8, "MIN": 0.0, "MAX": 1.0}
    ]
}*/

// Blue and red differences of BT.709, which hold the colour without its brightness.
vec2 chroma(vec3 colour) {
    float luma = dot(colour, vec3(0.2126, 0.7152, 0.0722));
    return vec2((colour.b - luma) / 1.8556, (colour.r - luma) / 1.5748);
}

void main() {
    vec4 picture = IMG_THIS_PIXEL(inputImage);
    vec2 key_chroma = chroma(key.rgb);
    vec2 own = chroma(picture.rgb);
    float kept = smoothstep(tolerance, tolerance + max(softness, 1.0 / 512.0), distance(own, key_chroma));
    vec2 along = normalize(key_chroma + vec2(1e-6));
    float spilt = max(dot(own, along), 0.0) * spill;
    vec2 clean = own - along * spilt;
    float luma = dot(picture.rgb, vec3(0.2126, 0.7152, 0.0722));
    float blue = luma + 1.8556 * clean.x;
    float red = luma + 1.5748 * clean.y;
    float green = (luma - 0.2126 * red - 0.0722 * blue) / 0.7152;
    gl_FragColor = vec4(clamp(vec3(red, green, blue), 0.0, 1.0), picture.a * kept);
}
