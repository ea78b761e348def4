// W3C Compositing and Blending Level 1, "color-burn".
#define STEEP
vec3 blend(vec3 backdrop, vec3 source) {
    return vec3(burnt(backdrop.r, source.r), burnt(backdrop.g, source.g), burnt(backdrop.b, source.b));
}
