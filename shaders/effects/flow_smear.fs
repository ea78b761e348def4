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
        {"TARGET": "flow", "FLOAT": true, "WIDTH": "$WIDTH/8", "HEIGHT": "$HEIGHT/8"},
        {"TARGET": "smear", "PERSISTENT": true, "FLOAT": true},
        {"TARGET": "before", "PERSISTENT": true, "WIDTH": "$WIDTH/4", "HEIGHT": "$HEIGHT/4"},
        {}
    ]
}*/

const vec3 LUMA = vec3(0.2126, 0.7152, 0.0722);  // BT.709

// Motion by the brightness constancy equation (Lucas and Kanade 1981), solved along the gradient, in small squares.
float tone_now(vec2 place) { return dot(IMG_NORM_PIXEL(inputImage, place).rgb, LUMA); }
float tone_before(vec2 place) { return dot(IMG_NORM_PIXEL(before, place).rgb, LUMA); }

vec2 motion() {
    vec2 reach = vec2(RENDERSIZE.y / RENDERSIZE.x, 1.0) / 15.0;
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
        gl_FragColor = vec4(FRAMEINDEX == 0 ? vec2(0.0) : motion(), 0.0, 1.0);
    } else if (PASSINDEX == 1) {
        float side = max(block_px * RENDERSIZE.y / 720.0, 1.0);  // in pixels of a picture 720 lines high
        vec2 block = (floor(gl_FragCoord.xy / side) + 0.5) * side / RENDERSIZE;
        vec2 way = IMG_NORM_PIXEL(flow, clamp(block, 0.0, 1.0)).xy * strength;
        vec4 dragged = IMG_NORM_PIXEL(smear, clamp(isf_FragNormCoord - way, 0.0, 1.0));
        vec4 now = IMG_THIS_PIXEL(inputImage);
        gl_FragColor = FRAMEINDEX == 0 ? now : mix(now, dragged, exp2(-TIMEDELTA / half_life_s));
    } else if (PASSINDEX == 2) {
        gl_FragColor = IMG_THIS_PIXEL(inputImage);
    } else {
        gl_FragColor = IMG_THIS_PIXEL(smear);
    }
}
