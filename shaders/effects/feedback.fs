/*{
    "ISFVSN": "2",
    "CREDIT": "runtime",
    "DESCRIPTION": "The picture falls into itself for ever: what was shown comes back zoomed, turned, shifted and tinted.",
    "CATEGORIES": ["Feedback"],
    "INPUTS": [
        {"NAME": "inputImage", "TYPE": "image"},
        {"NAME": "half_life_s", "TYPE": "float", "DEFAULT": 1.2, "MIN": 0.02, "MAX": 20.0},
        {"NAME": "zoom", "TYPE": "float", "DEFAULT": 0.35, "MIN": -2.0, "MAX": 2.0},
        {"NAME": "turn", "TYPE": "float", "DEFAULT": 0.0, "MIN": -0.5, "MAX": 0.5},
        {"NAME": "shift", "TYPE": "point2D", "DEFAULT": [0.0, 0.0], "MIN": [-0.5, -0.5], "MAX": [0.5, 0.5]},
        {"NAME": "centre", "TYPE": "point2D", "DEFAULT": [0.5, 0.5], "MIN": [0.0, 0.0], "MAX": [1.0, 1.0]},
        {"NAME": "hue", "TYPE": "float", "DEFAULT": 0.03, "MIN": -0.5, "MAX": 0.5},
        {"NAME": "merge", "TYPE": "long", "DEFAULT": 0, "VALUES": [0, 1, 2], "LABELS": ["Mix", "Lighter of both", "Through the middle"]},
        {"NAME": "middle", "TYPE": "float", "DEFAULT": 0.35, "MIN": 0.05, "MAX": 1.0}
    ],
    "PASSES": [
        {"TARGET": "remembered", "PERSISTENT": true, "FLOAT": true, "WIDTH": "$WIDTH+2*floor($WIDTH/8)", "HEIGHT": "$HEIGHT+2*floor($HEIGHT/8)"},
        {}
    ]
}*/

// Turns colours about the grey axis by `turn` (1 is all the way round), by Rodrigues' formula.
vec3 hue_turned(vec3 colour, float turn) {
    vec3 axis = vec3(0.57735027);
    float angle = turn * 6.28318531;
    return colour * cos(angle) + cross(axis, colour) * sin(angle) + axis * dot(axis, colour) * (1.0 - cos(angle));
}

// Zoom (doublings), turn (rounds), shift (pictures) and hue (rounds) are a second's worth; half_life_s is how long what was
// shown takes to lose half its strength. What is remembered reaches an eighth past each edge, so that a turn or a zoom outwards
// finds picture in the corners. The margin is whole pixels wide, so that what does not move stays sharp. Through the middle the
// picture comes in `middle` of its size, and grows from there.

// By Catmull and Rom's cubic (1974), in nine reads between pixels, where what is read is read again and again; else linear.
vec4 before_at(vec2 place, bool is_sharp) {
    vec2 size = IMG_SIZE(remembered);
    vec2 base = floor(place * size - 0.5) + 0.5;
    vec2 f = place * size - base;
    vec2 outer = f * (-0.5 + f * (1.0 - 0.5 * f));
    vec2 far = f * f * (-0.5 + 0.5 * f);
    vec2 second = f * (0.5 + f * (2.0 - 1.5 * f));
    vec2 inner = 1.0 - outer - far;
    vec4 sum = vec4(0.0);
    int count = is_sharp ? 3 : 1;
    for (int y = 0; y < count; y++) {
        for (int x = 0; x < count; x++) {
            vec2 way = vec2(x, y) - 1.0;
            vec2 reach = mix(second / inner, mix(vec2(-1.0), vec2(2.0), step(0.0, way)), abs(way));
            vec2 weight = mix(inner, mix(outer, far, step(0.0, way)), abs(way));
            sum += is_sharp ? weight.x * weight.y * IMG_NORM_PIXEL(remembered, (base + reach) / size) : IMG_NORM_PIXEL(remembered, place);
        }
    }
    return sum;
}

void main() {
    if (PASSINDEX == 0) {
        vec2 size = IMG_SIZE(inputImage);
        vec2 margin = RENDERSIZE / size;
        vec2 place = (isf_FragNormCoord - 0.5) * margin + 0.5;
        vec4 now = IMG_NORM_PIXEL(inputImage, clamp(place, 0.0, 1.0));
        vec2 aspect = vec2(size.x / size.y, 1.0);
        float angle = -turn * TIMEDELTA * 6.28318531;
        vec2 away = (place - centre - shift * TIMEDELTA) * aspect;
        away = mat2(cos(angle), sin(angle), -sin(angle), cos(angle)) * away * exp2(-zoom * TIMEDELTA);
        vec2 source = (away / aspect + centre - 0.5) / margin + 0.5;
        vec4 before = clamp(before_at(1.0 - abs(mod(source, 2.0) - 1.0), merge == 2), 0.0, 1.0);
        before.rgb = max(hue_turned(before.rgb, hue * TIMEDELTA), 0.0);
        float kept = exp2(-TIMEDELTA / half_life_s);
        vec4 mixed = FRAMEINDEX == 0 ? now : merge == 1 ? max(now, before * kept) : mix(now, before, kept);
        if (merge == 2) {
            vec2 inside = (place - centre) / middle;
            vec4 coming = IMG_NORM_PIXEL(inputImage, clamp(inside + 0.5, 0.0, 1.0));
            mixed = mix(coming, mixed, smoothstep(0.3, 0.5, length(inside)));
        }
        gl_FragColor = clamp(mixed, 0.0, 1.0);
    } else {
        gl_FragColor = IMG_NORM_PIXEL(remembered, (isf_FragNormCoord - 0.5) * RENDERSIZE / IMG_SIZE(remembered) + 0.5);
    }
}
