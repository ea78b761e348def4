// W3C Compositing and Blending Level 1, "lighten".
vec3 blend(vec3 backdrop, vec3 source) {
    return max(backdrop, source);
}
