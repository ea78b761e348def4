// One frame of a layer, premultiplied and weighted by its share of the layer (opacity, cross-fade, in-between); with
// SECOND another upon it, that lies in the same place.
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
// Another picture, of the target's size, that the frame is blended with.
uniform sampler2D below;
uniform vec4 taken;
#endif
#ifdef SECOND
uniform float second_weight;
uniform float second_flash;
uniform vec4 second_taken;
#endif

vec4 premultiplied(vec4 straight, float alpha, float flash) {
    return vec4(mix(straight.rgb, vec3(1.0), flash) * alpha, alpha);
}

// A frame blended with what is below it, as fixed functions would, or multiplied with it. How much of what is below is
// taken away: x, by the frame's alpha; y, by its colour; z, of the alpha, by the alpha. w: how much of the frame is,
// by what the picture below lacks of white.
vec4 blended(vec4 frame, vec4 backdrop, vec4 taken) {
    vec3 left = 1.0 - taken.x * frame.a - taken.y * frame.rgb;
    vec3 shown = 1.0 - taken.w * max(backdrop.a - backdrop.rgb, 0.0);
    return vec4(frame.rgb * shown + backdrop.rgb * left, frame.a + backdrop.a * (1.0 - taken.z * frame.a));
}

void main() {
    vec3 source = moved(stored_position);
    vec4 straight = sampled(source.xy, plane_0, plane_1, plane_2);
    color = premultiplied(straight, straight.a * source.z * weight * coverage(), flash);
#ifdef UPON
    color = blended(color, texelFetch(below, ivec2(gl_FragCoord.xy), 0), taken);
#endif
#ifdef SECOND
    straight = sampled(stored_position, second_plane_0, second_plane_1, second_plane_2);
    color = blended(premultiplied(straight, straight.a * second_weight, second_flash), color, second_taken);
#endif
    color.a = max(color.a, least_alpha);
}
