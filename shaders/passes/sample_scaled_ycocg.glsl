// Scaled YCoCg in BC3, as HAP Q stores it: red Co, green Cg, blue the scale, alpha Y
// (J.M.P. van Waveren and I. Castaño, "Real-Time YCoCg-DXT Compression", 2007).
const float NEUTRAL = 128.0 / 255.0;

vec3 rgb_from_scaled_ycocg(vec4 texel) {
    float scale = texel.b * (255.0 / 8.0) + 1.0;
    float co = (texel.r - NEUTRAL) / scale;
    float cg = (texel.g - NEUTRAL) / scale;
    float luma = texel.a;
    return clamp(vec3(luma + co - cg, luma + cg, luma - co - cg), 0.0, 1.0);
}
