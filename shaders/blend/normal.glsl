// The source alone.
vec3 blend(vec3 backdrop, vec3 source) {
    return source;
}
