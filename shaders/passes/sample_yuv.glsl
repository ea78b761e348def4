// Three planes, Y, Cb and Cr.
// Chroma siting is taken as centred, which is exact for JPEG and at most a quarter of a chroma texel off for MPEG's
// left-sited 4:2:0.
uniform vec2 luma_extent;
uniform vec4 luma_bounds;
uniform vec2 chroma_extent;
uniform vec4 chroma_bounds;
uniform mat3 rgb_from_yuv;
uniform vec3 rgb_offset;

vec4 sampled(vec2 stored, sampler2D plane_0, sampler2D plane_1, sampler2D plane_2) {
    vec2 luma_place = within(stored, luma_extent, luma_bounds);
    vec2 chroma_place = within(stored, chroma_extent, chroma_bounds);
    vec3 yuv = vec3(texture(plane_0, luma_place).r, texture(plane_1, chroma_place).r, texture(plane_2, chroma_place).r);
    return vec4(clamp(rgb_from_yuv * yuv + rgb_offset, 0.0, 1.0), 1.0);
}
