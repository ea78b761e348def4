// The picture as a whole, two texels: luminance, red. Its turns are kept as a cell's are; it turns where, of all cells,
// more turn one way than the other by WHOLE_AREA. turns_2 says what may not be: x, 1 where cells may not turn that turn too
// often; y, the way that no cell may turn.
uniform sampler2D wish;
uniform float since_s;
uniform bool starts;
layout(location = 0) out vec4 next_0;
layout(location = 1) out vec4 next_1;
layout(location = 2) out vec4 next_2;

const int MIPMAP = 4;  // of 64 × 64 texels: 4 × 4, of which the two lower rows are red's

float way_of(float net) {
    return abs(net) > WHOLE_AREA ? sign(net) : 0.0;
}

void main() {
    ivec2 kind = ivec2(gl_FragCoord.xy);
    vec4 mean = vec4(0.0);
    for (int texel = 0; texel < 8; ++texel) {
        mean += texelFetch(wish, ivec2(texel % 4, kind.x * 2 + texel / 4), MIPMAP) / 8.0;
    }
    next_0 = starts ? vec4(0.0, 0.0, vec2(LONG_AGO_S)) : texelFetch(turns_0, kind, 0) + vec4(0.0, 0.0, vec2(since_s));
    next_1 = starts ? vec4(LONG_AGO_S) : texelFetch(turns_1, kind, 0) + since_s;
    float turned = way_of(mean.w);
    if (turned != 0.0 && turned != next_0.x) {
        next_1 = vec4(next_0.w, next_1.xyz);
        next_0 = vec4(turned, 0.0, since_s, next_0.z);
    }
    next_0.zw = min(next_0.zw, LONG_AGO_S);
    next_1 = min(next_1, LONG_AGO_S);
    bool held = mean.z > AREA;
    float way = way_of(held ? mean.y : mean.x);
    bool way_held = way != 0.0 && way != next_0.x && at_limit(next_1);
    next_2 = vec4(held ? 1.0 : 0.0, way_held ? way : 0.0, 0.0, 0.0);
}
