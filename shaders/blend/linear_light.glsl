// Linear burn below a source of a half, linear dodge above: Adobe, "Blending mode descriptions", "Linear Light".
vec3 blend(vec3 backdrop, vec3 source) {
    return clamp(backdrop + 2.0 * source - 1.0, 0.0, 1.0);
}
