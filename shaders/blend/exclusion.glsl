// W3C Compositing and Blending Level 1, "exclusion".
vec3 blend(vec3 backdrop, vec3 source) {
    return backdrop + source - 2.0 * backdrop * source;
}
