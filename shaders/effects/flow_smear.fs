/*{
    "ISFVSN": "2",
    "CREDIT": "runtime",
    "DESCRIPTION": "The picture is dragged along by its own motion, as in a film whose key frames are lost.",
    "CATEGORIES": ["Feedback", "Glitch"],
    "INPUTS": [
        {"NAME": "inputImage", "TYPE": "image"},
        {"NAME": "strength", "TYPE": "float", "DEFAULT": 1.5, "MIN": 0.0, "MAX": 8.0},
        {"NAME": "half_life_s", "TYPE": "float", "DEFAULT": 1.5, "MIN": 0.02, "MAX": 20.0},
        {"NAME": "block_px", "TYPE": "float", "DEFAULT": 12.0, "MIN": 1.0, "MAX": 64.0},
        {"NAME": "still", "TYPE": "float", "DEFAULT": 0.02, "MIN": 0.0, "MAX": 0.2}
    ],
    "PASSES": [
        {"TARGET": "seen", "FLOAT": true, "WIDTH": "$WIDTH*90/$HEIGHT", "HEIGHT": "90"},
        {"TARGET": "flow", "FLOAT": true, "WIDTH": "$WIDTH*90/$HEIGHT", "HEIGHT": "90"},
        {"TARGET": "smear", "PERSISTENT": true, "FLOAT": true},
        {"TARGET": "before", "PERSISTENT": true, "FLOAT": true, "WIDTH": "$WIDTH*90/$HEIGHT", "HEIGHT": "90"},
        {}
    ]
}*/

const vec3 LUMA = vec3(0.2126, 0.7152, 0.0722);  // BT.709

// Motion by the brightness constancy equation (Lucas and Kanade 1981), solved along the gradient, in small squares of a small
// picture, which has as many lines whatever the canvas.
float tone_now(vec2 place) { return IMG_NORM_PIXEL(seen, place).r; }
float tone_before(vec2 place) { return IMG_NORM_PIXEL(before, place).r; }

float mean_tone() {
    float sum = 0.0;
    for (int i = 0; i < 25; i++) {
        vec2 offset = (vec2(mod(float(i), 5.0), floor(float(i) / 5.0)) - 2.0) / 5.0;
        sum += dot(IMG_NORM_PIXEL(inputImage, isf_FragNormCoord + offset / RENDERSIZE).rgb, LUMA);
    }
    return sum / 25.0;
}

vec2 motion() {
    vec2 reach = 6.0 / RENDERSIZE;
    vec2 sum = vec2(0.0);
    float weights = 1e-3;
    for (int i = 0; i < 9; i++) {
        vec2 place = isf_FragNormCoord + (vec2(mod(float(i), 3.0), floor(float(i) / 3.0)) - 1.0) * reach;
        vec2 slope = vec2(
            tone_before(place + vec2(reach.x, 0.0)) - tone_before(place - vec2(reach.x, 0.0)),
            tone_before(place + vec2(0.0, reach.y)) - tone_before(place - vec2(0.0, reach.y))) * 0.5;
        float change = tone_now(place) - tone_before(place);
        sum += abs(change) > still ? -change * slope : vec2(0.0);
        weights += dot(slope, slope);
    }
    return clamp(sum / weights, -1.0, 1.0) * reach;
}

void main() {
    if (PASSINDEX == 0) {
        gl_FragColor = vec4(vec3(mean_tone()), 1.0);
    } else if (PASSINDEX == 1) {
        gl_FragColor = vec4(FRAMEINDEX == 0 ? vec2(0.0) : motion(), 0.0, 1.0);
    } else if (PASSINDEX == 2) {
        float side = max(block_px * RENDERSIZE.y / 720.0, 1.0);  // in pixels of a picture 720 lines high
        vec2 block = (floor(gl_FragCoord.xy / side) + 0.5) * side / RENDERSIZE;
        vec2 way = IMG_NORM_PIXEL(flow, clamp(block, 0.0, 1.0)).xy * strength;
        vec4 dragged = IMG_NORM_PIXEL(smear, clamp(isf_FragNormCoord - way, 0.0, 1.0));
        vec4 now = IMG_THIS_PIXEL(inputImage);
        gl_FragColor = FRAMEINDEX == 0 ? now : mix(now, dragged, exp2(-TIMEDELTA / half_life_s));
    } else if (PASSINDEX == 3) {
        gl_FragColor = IMG_THIS_PIXEL(seen);
    } else {
        gl_FragColor = IMG_THIS_PIXEL(smear);
    }
}
