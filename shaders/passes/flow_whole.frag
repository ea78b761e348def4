// Whether the flow of two pictures is worth following at all, 0..1: not if it explains little of what changes (a cut).
// One texel: z and w of flow_trust.frag over the whole picture. Not from its last mipmap, which leaves out what
// odd sizes leave over.
uniform sampler2D trust;
out vec4 color;

const int SAMPLES = 20;
const float MIPMAP = 3.0;  // 8 × 8 texels: with SAMPLES of them, all of 160 × 160

void main() {
    vec2 change = vec2(0.0);
    for (int y = 0; y < SAMPLES; ++y) {
        for (int x = 0; x < SAMPLES; ++x) {
            change += textureLod(trust, (vec2(x, y) + 0.5) / float(SAMPLES), MIPMAP).zw;
        }
    }
    color = vec4(smoothstep(0.12, 0.2, change.x / max(change.y, 1e-4)), 0.0, 0.0, 1.0);
}
