// Encoded colour to linear light and back by the curve of IEC 61966-2-1 (sRGB), carried on beyond white.
vec3 light_of(vec3 encoded) {
    vec3 curved = pow((max(encoded, 0.0) + 0.055) / 1.055, vec3(2.4));
    return mix(curved, encoded / 12.92, vec3(lessThanEqual(encoded, vec3(0.04045))));
}

vec3 encoded_of(vec3 light) {
    vec3 curved = 1.055 * pow(max(light, 0.0), vec3(1.0 / 2.4)) - 0.055;
    return mix(curved, light * 12.92, vec3(lessThanEqual(light, vec3(0.0031308))));
}
