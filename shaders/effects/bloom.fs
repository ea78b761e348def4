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

const vec3 LUMA = vec3(0.2126, 0.7152, 0.0722);  // BT.709

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

// What is bright, as light: the mean of nine places in a pixel of the first, smaller picture.
vec4 first() {
    vec4 sum = vec4(0.0);
    for (int i = 0; i < 9; i++) {
        vec2 offset = (vec2(mod(float(i), 3.0), floor(float(i) / 3.0)) - 1.0) / 3.0;
        vec4 picture = IMG_NORM_PIXEL(inputImage, isf_FragNormCoord + offset / RENDERSIZE);
        sum.rgb += picture.rgb * picture.a * smoothstep(level - knee, level + knee, dot(picture.rgb, LUMA));
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
    if (PASSINDEX == 0) {
        gl_FragColor = vec4(first().rgb, 1.0);
    } else if (PASSINDEX < 7) {
        gl_FragColor = PASSINDEX < 4 ? down() : up();
    } else {
        vec4 picture = IMG_THIS_PIXEL(inputImage);
        vec3 light = clamp(up().rgb * tint.rgb * amount, 0.0, 1.0);
        // Added as light is, by screening, so that white stays white; on what is clear the light itself is seen.
        vec3 lit = 1.0 - (1.0 - clamp(picture.rgb, 0.0, 1.0) * picture.a) * (1.0 - light);
        float alpha = 1.0 - (1.0 - picture.a) * (1.0 - max(light.r, max(light.g, light.b)));
        gl_FragColor = vec4(lit / max(alpha, 1e-4), alpha);
    }
}
