// W3C Compositing and Blending Level 1, "normal": the source alone, so that the layer lies over its backdrop by its alpha.
#define BRIGHT
vec3 blend(vec3 backdrop, vec3 source) {
    return source;
}
