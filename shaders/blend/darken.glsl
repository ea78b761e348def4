// W3C Compositing and Blending Level 1, "darken".
vec3 blend(vec3 backdrop, vec3 source) {
    return min(backdrop, source);
}
