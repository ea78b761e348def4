// One frame of a layer, premultiplied and weighted by its share of the layer (opacity, cross-fade, in-between).
// `sampled` comes from one of the sample_*.glsl: straight alpha, gamma-encoded RGB in 0..1.
in vec2 stored_position;
uniform float weight;
uniform float flash;
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

void main() {
    vec3 source = moved(stored_position);
    vec4 straight = sampled(source.xy);
    float alpha = straight.a * source.z * weight * coverage();
    color = vec4(mix(straight.rgb, vec3(1.0), flash) * alpha, alpha);
}
