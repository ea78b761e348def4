// Two premultiplied pictures in their shares; light beyond white may be cut off first.
uniform sampler2D first;
uniform sampler2D second;
uniform float first_share;
uniform float second_share;
uniform bool clamps;
uniform float least_alpha;
out vec4 color;

void main() {
    ivec2 texel = ivec2(gl_FragCoord.xy);
    vec4 one = texelFetch(first, texel, 0);
    vec4 other = texelFetch(second, texel, 0);
    if (clamps) {
        one = clamp(one, 0.0, 1.0);
        other = clamp(other, 0.0, 1.0);
    }
    color = one * first_share + other * second_share;
    color.a = max(color.a, least_alpha);
}
