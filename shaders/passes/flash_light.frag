// The mean linear light of each cell of a picture, by `taps` × `taps` of its pixels. Not filtered: the mean of what is
// encoded is less light than the mean of light.
uniform sampler2D picture;
uniform int taps;
out vec4 color;

// IEC 61966-2-1 within 0.002, as a polynomial: a power for each sample would cost ten times as much on software GL.
vec3 light_of(vec3 encoded) {
    return encoded * (encoded * (encoded * 0.305306011 + 0.682171111) + 0.012522878);
}

void main() {
    vec2 size_px = vec2(textureSize(picture, 0));
    vec2 corner = gl_FragCoord.xy - 0.5;
    vec3 sum = vec3(0.0);
    for (int y = 0; y < taps; ++y) {
        for (int x = 0; x < taps; ++x) {
            vec2 inside = (vec2(x, y) + 0.5) / float(taps);
            ivec2 texel = ivec2((corner + inside) / vec2(GRID) * size_px);
            sum += light_of(clamp(texelFetch(picture, texel, 0).rgb, 0.0, 1.0));
        }
    }
    // A comparison with what is not a number would fail for ever after.
    color = vec4(mix(sum / float(taps * taps), vec3(0.0), isnan(sum)), 1.0);
}
