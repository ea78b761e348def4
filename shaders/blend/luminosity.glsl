// W3C Compositing and Blending Level 1, "luminosity": the source's luminosity, the backdrop's hue and saturation.
vec3 blend(vec3 backdrop, vec3 source) {
    return with_luminosity(backdrop, luminosity(source));
}
