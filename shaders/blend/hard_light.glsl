// W3C Compositing and Blending Level 1, "hard-light".
vec3 blend(vec3 backdrop, vec3 source) {
    vec3 multiplied = 2.0 * backdrop * source;
    vec3 screened = 1.0 - 2.0 * (1.0 - backdrop) * (1.0 - source);
    return mix(screened, multiplied, vec3(lessThanEqual(source, vec3(0.5))));
}
