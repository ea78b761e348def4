/*{
    "ISFVSN": "2",
    "CREDIT": "runtime",
    "DESCRIPTION": "Few steps of each colour, as in a screen print.",
    "CATEGORIES": ["Color"],
    "INPUTS": [
        {"NAME": "inputImage", "TYPE": "image"},
        {"NAME": "steps", "TYPE": "float", "DEFAULT": 5.0, "MIN": 2.0, "MAX": 32.0},
        {"NAME": "gamma", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.25, "MAX": 4.0}
    ]
}*/

void main() {
    vec4 picture = IMG_THIS_PIXEL(inputImage);
    float last = max(floor(steps), 2.0) - 1.0;
    vec3 curved = pow(max(picture.rgb, 0.0), vec3(1.0 / gamma));
    gl_FragColor = vec4(pow(floor(curved * last + 0.5) / last, vec3(gamma)), picture.a);
}
