// A premultiplied picture at an opacity, behind a mask where there is one.
// All pictures are as large as the target. The mask counts as in blend.frag.
uniform sampler2D picture;
uniform float opacity;
uniform float least_alpha;
out vec4 color;

#ifdef MASK_LUMA
uniform sampler2D mask;

float weight(ivec2 texel) {
    return opacity * clamp(dot(texelFetch(mask, texel, 0).rgb, vec3(0.2126, 0.7152, 0.0722)), 0.0, 1.0);
}
#elif defined(MASK_ALPHA)
uniform sampler2D mask;

float weight(ivec2 texel) {
    return opacity * clamp(texelFetch(mask, texel, 0).a, 0.0, 1.0);
}
#else
float weight(ivec2 texel) {
    return opacity;
}
#endif

void main() {
    ivec2 texel = ivec2(gl_FragCoord.xy);
    color = texelFetch(picture, texel, 0) * weight(texel);
    color.a = max(color.a, least_alpha);
}
