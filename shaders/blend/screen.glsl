// W3C Compositing and Blending Level 1, "screen".
vec3 blend(vec3 backdrop, vec3 source) {
    return backdrop + source - backdrop * source;
}
