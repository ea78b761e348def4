// Black or white in each channel, by whether the sum reaches white: Adobe, "Blending mode descriptions", "Hard Mix".
// Half a level of 255 of slack, so that rounding decides nothing.
#define STEEP
vec3 blend(vec3 backdrop, vec3 source) {
    return vec3(greaterThan(backdrop + source, vec3(1.0 - 0.5 / 255.0)));
}
