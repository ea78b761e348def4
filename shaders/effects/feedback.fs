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
        {"NAME": "merge", "TYPE": "long", "DEFAULT": 0, "VALUES": [0, 1], "LABELS": ["Mix", "Lighter of both"]}
    ],
    "PASSES": [
        {"TARGET": "remembered", "PERSISTENT": true, "FLOAT": true, "WIDTH": "$WIDTH*1.25", "HEIGHT": "$HEIGHT*1.25"},
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
// finds picture in the corners.
const float MARGIN = 1.25;

void main() {
    if (PASSINDEX == 0) {
        vec2 place = (isf_FragNormCoord - 0.5) * MARGIN + 0.5;
        vec4 now = IMG_NORM_PIXEL(inputImage, clamp(place, 0.0, 1.0));
        vec2 aspect = vec2(RENDERSIZE.x / RENDERSIZE.y, 1.0);
        float angle = -turn * TIMEDELTA * 6.28318531;
        vec2 away = (place - centre - shift * TIMEDELTA) * aspect;
        away = mat2(cos(angle), sin(angle), -sin(angle), cos(angle)) * away * exp2(-zoom * TIMEDELTA);
        vec2 source = (away / aspect + centre - 0.5) / MARGIN + 0.5;
        vec4 before = IMG_NORM_PIXEL(remembered, 1.0 - abs(mod(source, 2.0) - 1.0));
        before.rgb = max(hue_turned(before.rgb, hue * TIMEDELTA), 0.0);
        float kept = exp2(-TIMEDELTA / half_life_s);
        vec4 mixed = merge == 1 ? max(now, before * kept) : mix(now, before, kept);
        gl_FragColor = FRAMEINDEX == 0 ? now : clamp(mixed, 0.0, 1.0);
    } else {
        gl_FragColor = IMG_NORM_PIXEL(remembered, (isf_FragNormCoord - 0.5) / MARGIN + 0.5);
    }
}
