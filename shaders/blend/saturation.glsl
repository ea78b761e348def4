// W3C Compositing and Blending Level 1, "saturation": the source's saturation, the backdrop's hue and luminosity.
#define STEEP
vec3 blend(vec3 backdrop, vec3 source) {
    return with_luminosity(with_saturation(backdrop, saturation(source)), luminosity(backdrop));
}
