// Darken below a source of a half, lighten above, at twice its range: Adobe, "Blending mode descriptions", "Pin Light".
vec3 blend(vec3 backdrop, vec3 source) {
    vec3 darker = min(backdrop, 2.0 * source);
    vec3 lighter = max(backdrop, 2.0 * source - 1.0);
    return mix(lighter, darker, vec3(lessThanEqual(source, vec3(0.5))));
}
