// W3C Compositing and Blending Level 1, "soft-light".
vec3 blend(vec3 backdrop, vec3 source) {
    vec3 polynomial = ((16.0 * backdrop - 12.0) * backdrop + 4.0) * backdrop;
    vec3 lifted = mix(sqrt(backdrop), polynomial, vec3(lessThanEqual(backdrop, vec3(0.25))));
    vec3 darker = backdrop - (1.0 - 2.0 * source) * backdrop * (1.0 - backdrop);
    vec3 lighter = backdrop + (2.0 * source - 1.0) * (lifted - backdrop);
    return mix(lighter, darker, vec3(lessThanEqual(source, vec3(0.5))));
}
