// W3C Compositing and Blending Level 1, "color-burn".
float burnt(float backdrop, float source) {
    if (backdrop >= 1.0) return 1.0;
    if (source <= 0.0) return 0.0;
    return 1.0 - min(1.0, (1.0 - backdrop) / source);
}

vec3 blend(vec3 backdrop, vec3 source) {
    return vec3(burnt(backdrop.r, source.r), burnt(backdrop.g, source.g), burnt(backdrop.b, source.b));
}
