// One picture that the texture unit itself turns into straight RGBA: RGBA, BC1, BC3, BC4, BC7.
uniform vec2 luma_extent;
uniform vec4 luma_bounds;

vec4 sampled(vec2 stored, sampler2D plane_0, sampler2D plane_1, sampler2D plane_2) {
    return texture(plane_0, within(stored, luma_extent, luma_bounds));
}
