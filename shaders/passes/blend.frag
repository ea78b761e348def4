// A layer over its backdrop through a `blend` function, with both alphas: W3C Compositing and Blending Level 1,
// "general formula". All pictures are premultiplied and as large as the target.
//
// What a mode's file may define beside `blend`:
// COVERAGE  it has `float coverage(vec4 straight)`, which stands for the layer's alpha, opacity and mask included
// BRIGHT    its `blend` takes colours beyond white as they are; others get them cut off
// STEEP     a small error of a colour is a large one of the result
uniform sampler2D layer;
uniform sampler2D canvas;
uniform float opacity = 1.0;
uniform float least_alpha;  // of the result: 1 where that lies over black
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

// Near white, half floats lie an eighth of a level of 255 apart. Where that would be seen, a colour as near to a level
// as they can tell is taken for the level: it was one in the clip.
vec3 exact(vec3 straight, float alpha) {
#if defined(STEEP) || defined(LINEAR_LIGHT)
    vec3 level = round(straight * 255.0) / 255.0;
    float near = (alpha < 1.0 ? 0.26 : 0.13) / 255.0;
    return mix(straight, level, vec3(lessThan(abs(straight - level), vec3(near))));
#else
    return straight;
#endif
}

vec4 straight(vec4 premultiplied) {
    float alpha = clamp(premultiplied.a, 0.0, 1.0);
    if (alpha <= 0.0) return vec4(0.0);
    return vec4(exact(premultiplied.rgb / alpha, alpha), alpha);
}

vec3 bounded(vec3 colour) {
#ifdef BRIGHT
    return max(colour, 0.0);
#else
    return clamp(colour, 0.0, 1.0);
#endif
}

void main() {
    ivec2 texel = ivec2(gl_FragCoord.xy);
    vec4 source = straight(texelFetch(layer, texel, 0));
    vec4 backdrop = straight(texelFetch(canvas, texel, 0));
    source.a *= weight(texel);
#ifdef COVERAGE
    source.a = coverage(source);
#endif
#ifdef LINEAR_LIGHT
    source.rgb = light_of(source.rgb);
    backdrop.rgb = light_of(backdrop.rgb);
#endif
    vec3 blended = blend(bounded(backdrop.rgb), bounded(source.rgb));
    float alpha = source.a + backdrop.a * (1.0 - source.a);
    vec3 premultiplied = source.a * (1.0 - backdrop.a) * source.rgb
        + backdrop.a * (1.0 - source.a) * backdrop.rgb
        + source.a * backdrop.a * blended;
#ifdef LINEAR_LIGHT
    premultiplied = alpha > 0.0 ? encoded_of(premultiplied / alpha) * alpha : vec3(0.0);
#endif
    color = vec4(premultiplied, max(alpha, least_alpha));
}
