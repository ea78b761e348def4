// HAP Q Alpha: HAP Q's texture, and one of the same size for alpha.
uniform vec2 luma_extent;
uniform vec4 luma_bounds;

vec4 sampled(vec2 stored, sampler2D plane_0, sampler2D plane_1, sampler2D plane_2) {
    vec2 place = within(stored, luma_extent, luma_bounds);
    return vec4(rgb_from_scaled_ycocg(texture(plane_0, place)), texture(plane_1, place).a);
}
