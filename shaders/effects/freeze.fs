/*{
    "ISFVSN": "2",
    "CREDIT": "runtime",
    "DESCRIPTION": "The picture stands still while `hold` is on.",
    "CATEGORIES": ["Utility"],
    "INPUTS": [
        {"NAME": "inputImage", "TYPE": "image"},
        {"NAME": "hold", "TYPE": "bool", "DEFAULT": false}
    ],
    "PASSES": [
        {"TARGET": "held", "PERSISTENT": true},
        {}
    ]
}*/

void main() {
    if (PASSINDEX == 0) {
        bool keep = hold && FRAMEINDEX > 0;
        gl_FragColor = keep ? IMG_THIS_PIXEL(held) : IMG_THIS_PIXEL(inputImage);
    } else {
        gl_FragColor = IMG_THIS_PIXEL(held);
    }
}
