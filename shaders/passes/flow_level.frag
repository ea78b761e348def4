// One level of a luma pyramid: luma, and its slope to the right and downwards for each texel of this level.
// Where `finer` is twice as large, each filtered sample falls between four of its texels and is their mean.
uniform sampler2D finer;
uniform vec2 level_px;
out vec4 color;

float luma(vec2 offset_px) {
    return texture(finer, (gl_FragCoord.xy + offset_px) / level_px).r;
}

void main() {
    vec2 slope = vec2(
        luma(vec2(1.0, 0.0)) - luma(vec2(-1.0, 0.0)),
        luma(vec2(0.0, 1.0)) - luma(vec2(0.0, -1.0))
    );
    color = vec4(luma(vec2(0.0)), 0.5 * slope, 1.0);
}
