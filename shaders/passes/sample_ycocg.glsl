// Scaled YCoCg in BC3, as HAP Q stores it: red Co, green Cg, blue the scale, alpha Y
// (J.M.P. van Waveren and I. Castaño, "Real-Time YCoCg-DXT Compression", 2007).
uniform sampler2D plane_0;
uniform vec2 luma_extent;
uniform vec4 luma_bounds;

const float NEUTRAL = 128.0 / 255.0;

vec4 sampled(vec2 stored) {
    vec4 texel = texture(plane_0, within(stored * luma_extent, luma_bounds));
    float scale = texel.b * (255.0 / 8.0) + 1.0;
    float co = (texel.r - NEUTRAL) / scale;
    float cg = (texel.g - NEUTRAL) / scale;
    float luma = texel.a;
    return vec4(clamp(vec3(luma + co - cg, luma + cg, luma - co - cg), 0.0, 1.0), 1.0);
}
