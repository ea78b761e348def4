// Colour burn below a source of a half, colour dodge above, at twice its range: Adobe, "Blending mode descriptions",
// "Vivid Light".
#define STEEP
float vivid(float backdrop, float source) {
    return source <= 0.5 ? burnt(backdrop, 2.0 * source) : dodged(backdrop, 2.0 * source - 1.0);
}

vec3 blend(vec3 backdrop, vec3 source) {
    return vec3(vivid(backdrop.r, source.r), vivid(backdrop.g, source.g), vivid(backdrop.b, source.b));
}
