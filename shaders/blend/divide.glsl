// The backdrop divided by the source, up to white: Adobe, "Blending mode descriptions", "Divide". Black stays black.
#define STEEP
float divided(float backdrop, float source) {
    return backdrop >= source ? (backdrop > 0.0 ? 1.0 : 0.0) : backdrop / source;
}

vec3 blend(vec3 backdrop, vec3 source) {
    return vec3(divided(backdrop.r, source.r), divided(backdrop.g, source.g), divided(backdrop.b, source.b));
}
