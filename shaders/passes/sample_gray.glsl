// Luma alone.
uniform vec2 luma_extent;
uniform vec4 luma_bounds;
uniform vec2 gray_scale_offset;

vec4 sampled(vec2 stored, sampler2D plane_0, sampler2D plane_1, sampler2D plane_2) {
    vec2 place = within(stored, luma_extent, luma_bounds);
    float gray = texture(plane_0, place).r * gray_scale_offset.x + gray_scale_offset.y;
    return vec4(vec3(clamp(gray, 0.0, 1.0)), 1.0);
}
