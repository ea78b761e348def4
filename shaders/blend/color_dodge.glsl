// W3C Compositing and Blending Level 1, "color-dodge".
#define STEEP
vec3 blend(vec3 backdrop, vec3 source) {
    return vec3(dodged(backdrop.r, source.r), dodged(backdrop.g, source.g), dodged(backdrop.b, source.b));
}
