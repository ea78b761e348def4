// HAP Q: one texture of scaled YCoCg, opaque.
uniform vec2 luma_extent;
uniform vec4 luma_bounds;

vec4 sampled(vec2 stored, sampler2D plane_0, sampler2D plane_1, sampler2D plane_2) {
    vec4 texel = texture(plane_0, within(stored, luma_extent, luma_bounds));
    return vec4(rgb_from_scaled_ycocg(texel), 1.0);
}
