/*{
    "ISFVSN": "2",
    "CREDIT": "runtime",
    "DESCRIPTION": "Bright stretches sort themselves, pixel by pixel, and the picture seeps back in.",
    "CATEGORIES": ["Glitch"],
    "INPUTS": [
        {"NAME": "inputImage", "TYPE": "image"},
        {"NAME": "level", "TYPE": "float", "DEFAULT": 0.35, "MIN": 0.0, "MAX": 1.0},
        {"NAME": "top", "TYPE": "float", "DEFAULT": 0.95, "MIN": 0.0, "MAX": 1.0},
        {"NAME": "half_life_s", "TYPE": "float", "DEFAULT": 1.5, "MIN": 0.02, "MAX": 20.0},
        {"NAME": "way", "TYPE": "long", "DEFAULT": 0, "VALUES": [0, 1, 2, 3], "LABELS": ["Up", "Down", "To the right", "To the left"]},
        {"NAME": "reach_px", "TYPE": "float", "DEFAULT": 4.0, "MIN": 1.0, "MAX": 32.0}
    ],
    "PASSES": [
        {"TARGET": "sorted", "PERSISTENT": true, "FLOAT": true},
        {}
    ]
}*/

const vec3 LUMA = vec3(0.2126, 0.7152, 0.0722);  // BT.709

// One step of an odd-even transposition sort at each step of time: of two neighbours within the range the brighter
// one goes first. Many steps sort a stretch; the picture itself comes back by half in half_life_s.
void main() {
    if (PASSINDEX == 0) {
        vec4 now = IMG_THIS_PIXEL(inputImage);
        bool upright = way < 2;
        float reach = max(floor(reach_px * RENDERSIZE.y / 720.0 + 0.5), 1.0);  // in pixels of a picture 720 lines high
        float place = floor(upright ? gl_FragCoord.y : gl_FragCoord.x);
        float parity = mod(floor(place / reach) + float(FRAMEINDEX), 2.0);
        float side = parity < 0.5 ? 1.0 : -1.0;
        vec2 neighbour = isf_FragNormCoord + (upright ? vec2(0.0, side) : vec2(side, 0.0)) * reach / RENDERSIZE;
        vec4 own = IMG_THIS_PIXEL(sorted);
        vec4 other = IMG_NORM_PIXEL(sorted, clamp(neighbour, 0.0, 1.0));
        float own_tone = dot(own.rgb, LUMA);
        float other_tone = dot(other.rgb, LUMA);
        bool sorts = min(own_tone, other_tone) > level && max(own_tone, other_tone) < top;
        float forward = (way == 0 || way == 2) ? side : -side;
        bool swaps = sorts && (own_tone - other_tone) * forward > 0.0;
        gl_FragColor = FRAMEINDEX == 0 ? now : mix(now, swaps ? other : own, exp2(-TIMEDELTA / half_life_s));
    } else {
        gl_FragColor = IMG_THIS_PIXEL(sorted);
    }
}
