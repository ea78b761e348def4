// Two premultiplied pictures in their shares.
uniform sampler2D first;
uniform sampler2D second;
uniform float first_share;
uniform float second_share;
uniform float least_alpha;
out vec4 color;

void main() {
    ivec2 texel = ivec2(gl_FragCoord.xy);
    color = texelFetch(first, texel, 0) * first_share + texelFetch(second, texel, 0) * second_share;
    color.a = max(color.a, least_alpha);
}
