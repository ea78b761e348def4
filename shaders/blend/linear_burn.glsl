// Darkened by what the source lacks of white: Adobe, "Blending mode descriptions", "Linear Burn".
vec3 blend(vec3 backdrop, vec3 source) {
    return max(backdrop + source - 1.0, 0.0);
}
