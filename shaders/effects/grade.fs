/*{
    "ISFVSN": "2",
    "CREDIT": "runtime",
    "DESCRIPTION": "A colour grade: lift, gamma and gain of each channel, then contrast, hue, saturation and temperature.",
    "CATEGORIES": ["Color"],
    "INPUTS": [
        {"NAME": "inputImage", "TYPE": "image"},
        {"NAME": "lift", "TYPE": "color", "DEFAULT": [0.0, 0.0, 0.0, 1.0]},
        {"NAME": "gamma", "TYPE": "color", "DEFAULT": [0.5, 0.5, 0.5, 1.0]},
        {"NAME": "gain", "TYPE": "color", "DEFAULT": [0.5, 0.5, 0.5, 1.0]},
        {"NAME": "contrast", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.0, "MAX": 3.0},
        {"NAME": "pivot", "TYPE": "float", "DEFAULT": 0.4, "MIN": 0.0, "MAX": 1.0},
        {"NAME": "hue", "TYPE": "float", "DEFAULT": 0.0, "MIN": -0.5, "MAX": 0.5},
        {"NAME": "saturation", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.0, "MAX": 3.0},
        {"NAME": "temperature", "TYPE": "float", "DEFAULT": 0.0, "MIN": -1.0, "MAX": 1.0},
        {"NAME": "exposure", "TYPE": "float", "DEFAULT": 0.0, "MIN": -4.0, "MAX": 4.0}
    ]
}*/

const vec3 LUMA = vec3(0.2126, 0.7152, 0.0722);  // BT.709

// Turns colours about the grey axis by `turn` (1 is all the way round), by Rodrigues' formula.
vec3 hue_turned(vec3 colour, float turn) {
    vec3 axis = vec3(0.57735027);
    float angle = turn * 6.28318531;
    return colour * cos(angle) + cross(axis, colour) * sin(angle) + axis * dot(axis, colour) * (1.0 - cos(angle));
}

void main() {
    vec4 picture = IMG_THIS_PIXEL(inputImage);
    vec3 colour = picture.rgb * exp2(exposure);
    colour *= vec3(1.0 + 0.25 * temperature, 1.0, 1.0 - 0.25 * temperature);
    // Grey, 0.5, is neutral for gamma and gain: half of it doubles, twice of it halves the exponent.
    colour = max(colour * gain.rgb * 2.0 + lift.rgb * (1.0 - colour), 0.0);
    colour = pow(colour, exp2(2.0 * (0.5 - gamma.rgb) * 2.0));
    colour = (colour - pivot) * contrast + pivot;
    colour = hue_turned(colour, hue);
    colour = mix(vec3(dot(colour, LUMA)), colour, saturation);
    gl_FragColor = vec4(clamp(colour, 0.0, 1.0), picture.a);
}
