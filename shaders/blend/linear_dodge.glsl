// The sum up to white: Adobe, "Blending mode descriptions", "Linear Dodge (Add)". The mode `add` keeps what is beyond.
vec3 blend(vec3 backdrop, vec3 source) {
    return min(backdrop + source, 1.0);
}
