/*{
    "ISFVSN": "2",
    "CREDIT": "runtime",
    "DESCRIPTION": "Every colour turned into its opposite; the outline stays.",
    "CATEGORIES": ["Color"],
    "INPUTS": [
        {"NAME": "inputImage", "TYPE": "image"},
        {"NAME": "amount", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.0, "MAX": 1.0}
    ]
}*/

void main() {
    vec4 picture = IMG_THIS_PIXEL(inputImage);
    gl_FragColor = vec4(mix(picture.rgb, 1.0 - picture.rgb, amount), picture.a);
}
