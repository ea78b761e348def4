// W3C Compositing and Blending Level 1, "color-dodge".
float dodged(float backdrop, float source) {
    if (backdrop <= 0.0) return 0.0;
    if (source >= 1.0) return 1.0;
    return min(1.0, backdrop / (1.0 - source));
}

vec3 blend(vec3 backdrop, vec3 source) {
    return vec3(dodged(backdrop.r, source.r), dodged(backdrop.g, source.g), dodged(backdrop.b, source.b));
}
