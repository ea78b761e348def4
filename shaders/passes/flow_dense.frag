// A level's patches made a flow for each texel: of the four patches that reach it, those that fit here count most, and the
// nearer ones. xy leads from the first picture to the second, zw back; in fractions of the picture.
uniform sampler2D first;
uniform sampler2D second;
uniform sampler2D patches;
uniform vec2 level_px;
out vec4 flow;

const float STRIDE = 4.0;  // as in flow_search.frag
const float ALIKE = 1.0 / 255.0;

void main() {
    vec2 here = gl_FragCoord.xy / level_px;
    vec2 grid = gl_FragCoord.xy / STRIDE - 0.5;
    ivec2 corner = ivec2(floor(grid));
    vec2 between = grid - vec2(corner);
    ivec2 last = textureSize(patches, 0) - 1;
    float first_luma = texture(first, here).r;
    float second_luma = texture(second, here).r;
    vec4 sum = vec4(0.0);
    vec2 weights = vec2(0.0);
    for (int y = 0; y < 2; ++y) {
        for (int x = 0; x < 2; ++x) {
            vec4 ways = texelFetch(patches, clamp(corner + ivec2(x, y), ivec2(0), last), 0);
            vec2 near = mix(1.0 - between, between, vec2(x, y));
            vec2 off = abs(vec2(
                texture(second, here + ways.xy).r - first_luma,
                texture(first, here + ways.zw).r - second_luma
            ));
            off = max(off, ALIKE);
            vec2 weight = (near.x * near.y + 0.01) / (off * off);
            sum += ways * weight.xxyy;
            weights += weight;
        }
    }
    flow = sum / weights.xxyy;
}
