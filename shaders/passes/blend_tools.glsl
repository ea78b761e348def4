// What several blend modes share: W3C Compositing and Blending Level 1, "color-burn", "color-dodge", "Lum", "Sat",
// "SetLum" and "SetSat".
float burnt(float backdrop, float source) {
    if (backdrop >= 1.0) return 1.0;
    if (source <= 0.0) return 0.0;
    return 1.0 - min(1.0, (1.0 - backdrop) / source);
}

float dodged(float backdrop, float source) {
    if (backdrop <= 0.0) return 0.0;
    if (source >= 1.0) return 1.0;
    return min(1.0, backdrop / (1.0 - source));
}

float luminosity(vec3 color) {
    return dot(color, vec3(0.3, 0.59, 0.11));
}

float saturation(vec3 color) {
    return max(max(color.r, color.g), color.b) - min(min(color.r, color.g), color.b);
}

vec3 with_luminosity(vec3 color, float wanted) {
    color += wanted - luminosity(color);
    float low = min(min(color.r, color.g), color.b);
    float high = max(max(color.r, color.g), color.b);
    if (low < 0.0) color = wanted + (color - wanted) * wanted / (wanted - low);
    if (high > 1.0) color = wanted + (color - wanted) * (1.0 - wanted) / (high - wanted);
    return color;
}

// The three-way sort of the specification comes to this: the lowest becomes 0, the highest `wanted`, the middle in step.
vec3 with_saturation(vec3 color, float wanted) {
    float low = min(min(color.r, color.g), color.b);
    float range = saturation(color);
    return range > 0.0 ? (color - low) * wanted / range : vec3(0.0);
}
