// The sum. Not clamped: the canvas holds more than white, and only the output cuts it off.
#define BRIGHT
vec3 blend(vec3 backdrop, vec3 source) {
    return backdrop + source;
}
