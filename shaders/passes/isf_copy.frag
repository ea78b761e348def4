// A shader's own picture as its output: clamped, and premultiplied where the host's pictures are.
uniform sampler2D picture;
uniform vec2 size;
uniform bool is_premultiplied;
uniform float least_alpha;
out vec4 colour;

void main() {
    colour = clamp(texture(picture, gl_FragCoord.xy / size), 0.0, 1.0);
    if (is_premultiplied) {
        colour.rgb *= colour.a;
    }
    colour.a = max(colour.a, least_alpha);
}
