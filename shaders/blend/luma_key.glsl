// Over the backdrop by the source's own luma (ITU-R BT.709-6, 3.2): its black is clear, its white covers.
#define BRIGHT
#define COVERAGE
float coverage(vec4 straight) {
    return straight.a * clamp(dot(straight.rgb, vec3(0.2126, 0.7152, 0.0722)), 0.0, 1.0);
}

vec3 blend(vec3 backdrop, vec3 source) {
    return source;
}
