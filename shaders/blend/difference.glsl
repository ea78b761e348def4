// W3C Compositing and Blending Level 1, "difference".
vec3 blend(vec3 backdrop, vec3 source) {
    return abs(backdrop - source);
}
