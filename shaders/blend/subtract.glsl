// The source taken away from the backdrop, down to black.
vec3 blend(vec3 backdrop, vec3 source) {
    return max(backdrop - source, 0.0);
}
