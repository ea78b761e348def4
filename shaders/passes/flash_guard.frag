// The new picture, or where its cells may not have all of it, a mix with what was shown before.
uniform sampler2D picture;
uniform sampler2D before;
uniform sampler2D share;
uniform vec2 size_px;
uniform bool at_once;
out vec4 color;

void main() {
    ivec2 texel = ivec2(gl_FragCoord.xy);
    vec4 wanted = texelFetch(picture, texel, 0);
    wanted = clamp(mix(wanted, vec4(0.0), isnan(wanted)), 0.0, 1.0);
    float part = at_once ? 1.0 : texture(share, gl_FragCoord.xy / size_px).r;
    color = mix(texelFetch(before, texel, 0), wanted, part);
}
