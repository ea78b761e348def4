/*{
    "ISFVSN": "2",
    "CREDIT": "runtime",
    "DESCRIPTION": "The picture comes and goes. Three flashes a second are the most that it makes.",
    "CATEGORIES": ["Utility"],
    "INPUTS": [
        {"NAME": "inputImage", "TYPE": "image"},
        {"NAME": "rate_hz", "TYPE": "float", "DEFAULT": 2.0, "MIN": 0.0, "MAX": 3.0},
        {"NAME": "open", "TYPE": "float", "DEFAULT": 0.5, "MIN": 0.05, "MAX": 0.95},
        {"NAME": "softness", "TYPE": "float", "DEFAULT": 0.1, "MIN": 0.0, "MAX": 1.0},
        {"NAME": "shut", "TYPE": "color", "DEFAULT": [0.0, 0.0, 0.0, 1.0]}
    ],
    "PASSES": [
        {"TARGET": "clock", "PERSISTENT": true, "FLOAT": true, "WIDTH": "1", "HEIGHT": "1"},
        {}
    ]
}*/

// The clock holds the place in the period, and how long and how softly this period is open. It runs on whatever moves the
// settings: a place worked out from TIME and the rate would leap with every change of the rate, and what leaps flashes.
const float MOST_HZ = 3.0;  // holds whatever drives the rate: beyond it pictures can harm people (WCAG 2.3.1)

float shown(vec3 clock_now) {
    float edge = max(clock_now.z * 0.5 * min(clock_now.y, 1.0 - clock_now.y), 0.001);
    return smoothstep(0.0, edge, clock_now.x) * (1.0 - smoothstep(clock_now.y - edge, clock_now.y, clock_now.x));
}

void main() {
    vec3 now = IMG_NORM_PIXEL(clock, vec2(0.5)).xyz;
    if (PASSINDEX == 0) {
        float rate = min(rate_hz, MOST_HZ);
        if (FRAMEINDEX == 0) {
            now = vec3(rate > 0.0 ? fract(TIME * rate) : 0.5 * open, open, softness);
        } else if (rate > 0.0 || shown(now) < 1.0) {  // without a rate it stops where it is wholly open
            float next = now.x + TIMEDELTA * (rate > 0.0 ? rate : MOST_HZ);
            bool is_passing = rate <= 0.0 && now.x < 0.5 * now.y && next > 0.5 * now.y;
            now = next < 1.0 ? vec3(is_passing ? 0.5 * now.y : next, now.yz) : vec3(next - 1.0, open, softness);
        }
        gl_FragColor = vec4(now, 1.0);
    } else {
        vec4 picture = IMG_THIS_PIXEL(inputImage);
        gl_FragColor = mix(vec4(shut.rgb, picture.a * shut.a), picture, shown(now));
    }
}
