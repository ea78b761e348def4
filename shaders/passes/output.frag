// The finished picture over black, opaque, faded by the master: one movement, or two that cross-fade.
// A gain counts before light beyond white is cut off, a weight after.
uniform sampler2D first;
uniform float first_gain = 1.0;
uniform float first_weight;
out vec4 color;

#ifdef TWO_MOVEMENTS
uniform sampler2D second;
uniform float second_gain = 1.0;
uniform float second_weight;
#endif

void main() {
    ivec2 texel = ivec2(gl_FragCoord.xy);
    vec3 light = clamp(texelFetch(first, texel, 0).rgb * first_gain, 0.0, 1.0) * first_weight;
#ifdef TWO_MOVEMENTS
    light += clamp(texelFetch(second, texel, 0).rgb * second_gain, 0.0, 1.0) * second_weight;
#endif
    color = vec4(light, 1.0);
}
