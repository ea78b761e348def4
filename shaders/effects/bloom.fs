/*{
    "ISFVSN": "2",
    "CREDIT": "runtime",
    "DESCRIPTION": "Bright places shine over their edges.",
    "CATEGORIES": ["Blur", "Film"],
    "INPUTS": [
        {"NAME": "inputImage", "TYPE": "image"},
        {"NAME": "level", "TYPE": "float", "DEFAULT": 0.65, "MIN": 0.0, "MAX": 1.0},
        {"NAME": "knee", "TYPE": "float", "DEFAULT": 0.3, "MIN": 0.01, "MAX": 1.0},
        {"NAME": "amount", "TYPE": "float", "DEFAULT": 0.8, "MIN": 0.0, "MAX": 4.0},
        {"NAME": "spread", "TYPE": "float", "DEFAULT": 1.2, "MIN": 0.0, "MAX": 3.0},
        {"NAME": "tint", "TYPE": "color", "DEFAULT": [1.0, 1.0, 1.0, 1.0]}
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

const vec3 LUMA = vec3(0.2126, 0.7152, 0.0722);  // BT.709

// Dual Kawase filter (M. Bjørge, "Bandwidth-efficient rendering", SIGGRAPH 2015): each step down halves the picture and
// each step up doubles it, with few reads.
void main() {
    vec2 half_px = 0.5 * spread / RENDERSIZE;
    if (PASSINDEX == 0) {
        vec4 picture = IMG_THIS_NORM_PIXEL(inputImage) * 0.5 + 0.125 * (
            IMG_NORM_PIXEL(inputImage, isf_FragNormCoord + half_px) + IMG_NORM_PIXEL(inputImage, isf_FragNormCoord - half_px)
            + IMG_NORM_PIXEL(inputImage, isf_FragNormCoord + half_px * vec2(1.0, -1.0))
            + IMG_NORM_PIXEL(inputImage, isf_FragNormCoord - half_px * vec2(1.0, -1.0)));
        gl_FragColor = vec4(picture.rgb * smoothstep(level - knee, level + knee, dot(picture.rgb, LUMA)), picture.a);
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
        vec4 picture = IMG_THIS_PIXEL(inputImage);
        vec3 light = ((IMG_NORM_PIXEL(large2, isf_FragNormCoord + vec2(2.0, 0.0) * half_px)
            + IMG_NORM_PIXEL(large2, isf_FragNormCoord - vec2(2.0, 0.0) * half_px)
            + IMG_NORM_PIXEL(large2, isf_FragNormCoord + vec2(0.0, 2.0) * half_px)
            + IMG_NORM_PIXEL(large2, isf_FragNormCoord - vec2(0.0, 2.0) * half_px)
            + 2.0 * (IMG_NORM_PIXEL(large2, isf_FragNormCoord + half_px) + IMG_NORM_PIXEL(large2, isf_FragNormCoord - half_px)
            + IMG_NORM_PIXEL(large2, isf_FragNormCoord + half_px * vec2(1.0, -1.0))
            + IMG_NORM_PIXEL(large2, isf_FragNormCoord - half_px * vec2(1.0, -1.0)))) / 12.0).rgb * tint.rgb * amount;
        // Added as light is, by screening, so that white stays white.
        gl_FragColor = vec4(1.0 - (1.0 - clamp(picture.rgb, 0.0, 1.0)) * (1.0 - clamp(light, 0.0, 1.0)), picture.a);
    }
}
