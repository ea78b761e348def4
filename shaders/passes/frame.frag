// One frame of a layer, premultiplied and weighted by its share of the layer (opacity, cross-fade, in-between).
// `sampled` comes from one of the sample_*.glsl: straight alpha, gamma-encoded RGB in 0..1.
in vec2 stored_position;
uniform float weight;
uniform float flash;
uniform float least_alpha;  // of the result: 1 where that lies over black
out vec4 color;

#ifdef SOFT_EDGES
in vec2 edge_px;
uniform vec2 size_px;

float coverage() {
    vec2 inside_px = 0.5 * size_px - abs(edge_px);
    return clamp(min(inside_px.x, inside_px.y) + 0.5, 0.0, 1.0);
}
#else
float coverage() {
    return 1.0;
}
#endif

#ifdef MOTION
// From flow_between.frag: xy, how far from its place a texel is taken; z, how much it counts.
uniform sampler2D motion;

vec3 moved(vec2 stored) {
    vec3 there = texture(motion, stored).xyz;
    return vec3(stored + there.xy, there.z);
}
#else
vec3 moved(vec2 stored) {
    return vec3(stored, 1.0);
}
#endif

#ifdef UPON
// Another picture, of the target's size, that the frame is blended with, as fixed functions would. x and y: how much of it the frame's alpha and colour take away; z: how much of its alpha, the alpha.
uniform sampler2D below;
uniform vec3 taken;

vec4 blended(vec4 frame) {
    vec4 backdrop = texelFetch(below, ivec2(gl_FragCoord.xy), 0);
    vec3 left = 1.0 - taken.x * frame.a - taken.y * frame.rgb;
    return frame + vec4(backdrop.rgb * left, backdrop.a * (1.0 - taken.z * frame.a));
}
#else
vec4 blended(vec4 frame) {
    return frame;
}
#endif

void main() {
    vec3 source = moved(stored_position);
    vec4 straight = sampled(source.xy);
    float alpha = straight.a * source.z * weight * coverage();
    color = blended(vec4(mix(straight.rgb, vec3(1.0), flash) * alpha, alpha));
    color.a = max(color.a, least_alpha);
}
