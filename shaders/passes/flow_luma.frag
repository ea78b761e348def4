// A picture's luma, made small: the mean of what each texel of the target covers, through `taps` × `taps` filtered
// samples of `sampled` (one of the sample_*.glsl). Clear parts count as black, so that outlines move, too.
uniform vec2 target_px;
uniform int taps;
out vec4 color;

const vec3 LUMA = vec3(0.2126, 0.7152, 0.0722);

void main() {
    vec2 corner = gl_FragCoord.xy - 0.5;
    float sum = 0.0;
    for (int y = 0; y < taps; ++y) {
        for (int x = 0; x < taps; ++x) {
            vec2 inside = (vec2(x, y) + 0.5) / float(taps);
            vec4 straight = sampled((corner + inside) / target_px, plane_0, plane_1, plane_2);
            sum += dot(straight.rgb, LUMA) * straight.a;
        }
    }
    color = vec4(sum / float(taps * taps), 0.0, 0.0, 1.0);
}
