/*{
    "ISFVSN": "2",
    "CREDIT": "runtime",
    "DESCRIPTION": "Colours by a table: a .cube file, or a strip of n squares of n by n pixels. As it came without one.",
    "CATEGORIES": ["Color"],
    "INPUTS": [
        {"NAME": "inputImage", "TYPE": "image"},
        {"NAME": "table", "TYPE": "image", "LABEL": "Table"}
    ]
}*/

// A table's entry at whole numbers. Texel centres, so that filtering adds nothing. Rows count from the top, heights upwards.
vec3 entry(float column, float row) {
    return IMG_PIXEL(table, vec2(column + 0.5, IMG_SIZE(table).y - 0.5 - row)).rgb;
}

vec3 in_cube(vec3 colour) {
    return entry(colour.r + colour.b * IMG_SIZE(table).y, colour.g);
}

// Between the four entries that span the tetrahedron around the colour: J.M. Kasson and others, "Performing Color Space
// Conversions with Three-Dimensional Linear Interpolation", Journal of Electronic Imaging 4.3, 1995. Grays stay on the
// diagonal, where a mean of eight corners would pull colours in.
vec3 by_cube(vec3 colour) {
    float last = IMG_SIZE(table).y - 1.0;
    vec3 place = colour * last;
    vec3 corner = min(floor(place), last - 1.0);
    vec3 share = place - corner;
    float highest = max(max(share.r, share.g), share.b);
    float lowest = min(min(share.r, share.g), share.b);
    float middle = share.r + share.g + share.b - highest - lowest;
    // One step along the channel with the highest share, then along all but the one with the lowest.
    vec3 first = share.r >= highest ? vec3(1.0, 0.0, 0.0) : share.g >= highest ? vec3(0.0, 1.0, 0.0) : vec3(0.0, 0.0, 1.0);
    vec3 left_out = share.b <= lowest ? vec3(0.0, 0.0, 1.0) : share.g <= lowest ? vec3(0.0, 1.0, 0.0) : vec3(1.0, 0.0, 0.0);
    return in_cube(corner) * (1.0 - highest)
        + in_cube(corner + first) * (highest - middle)
        + in_cube(corner + 1.0 - left_out) * (middle - lowest)
        + in_cube(corner + 1.0) * lowest;
}

float by_row(float value, int channel) {
    float last = IMG_SIZE(table).x - 1.0;
    float place = value * last;
    float left = min(floor(place), last - 1.0);
    return mix(entry(left, 0.0)[channel], entry(left + 1.0, 0.0)[channel], place - left);
}

void main() {
    vec4 picture = IMG_THIS_PIXEL(inputImage);
    vec3 colour = clamp(picture.rgb, 0.0, 1.0);
    vec2 size = IMG_SIZE(table);
    if (size.x >= 4.0 && size.x == size.y * size.y) {
        colour = by_cube(colour);
    } else if (size.x >= 2.0 && size.y == 1.0) {
        colour = vec3(by_row(colour.r, 0), by_row(colour.g, 1), by_row(colour.b, 2));
    }
    gl_FragColor = vec4(clamp(colour, 0.0, 1.0), picture.a);
}
