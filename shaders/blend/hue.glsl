// W3C Compositing and Blending Level 1, "hue": the source's hue, the backdrop's saturation and luminosity.
#define STEEP
vec3 blend(vec3 backdrop, vec3 source) {
    return with_luminosity(with_saturation(source, saturation(backdrop)), luminosity(backdrop));
}
