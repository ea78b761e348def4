// W3C Compositing and Blending Level 1, "color": the source's hue and saturation, the backdrop's luminosity.
vec3 blend(vec3 backdrop, vec3 source) {
    return with_luminosity(source, luminosity(backdrop));
}
