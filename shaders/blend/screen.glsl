// W3C Compositing and Blending Level 1, "screen". A backdrop beyond white stays so.
#define BRIGHT
vec3 blend(vec3 backdrop, vec3 source) {
    return source + backdrop * (1.0 - min(source, 1.0));
}
