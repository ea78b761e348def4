/*{
    "ISFVSN": "2",
    "CREDIT": "runtime",
    "DESCRIPTION": "An unsharp mask: detail counts for more.",
    "CATEGORIES": ["Sharpen"],
    "INPUTS": [
        {"NAME": "inputImage", "TYPE": "image"},
        {"NAME": "amount", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.0, "MAX": 5.0},
        {"NAME": "radius_px", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.5, "MAX": 8.0}
    ]
}*/

void main() {
    float px = RENDERSIZE.y / 720.0;  // of a picture 720 lines high
    vec2 step_px = radius_px * px / RENDERSIZE;
    vec4 picture = IMG_THIS_PIXEL(inputImage);
    vec3 around = IMG_NORM_PIXEL(inputImage, isf_FragNormCoord + vec2(step_px.x, 0.0)).rgb
                + IMG_NORM_PIXEL(inputImage, isf_FragNormCoord - vec2(step_px.x, 0.0)).rgb
                + IMG_NORM_PIXEL(inputImage, isf_FragNormCoord + vec2(0.0, step_px.y)).rgb
                + IMG_NORM_PIXEL(inputImage, isf_FragNormCoord - vec2(0.0, step_px.y)).rgb;
    gl_FragColor = vec4(clamp(picture.rgb + amount * (picture.rgb - around * 0.25), 0.0, 1.0), picture.a);
}
