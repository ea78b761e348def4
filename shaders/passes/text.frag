// The letters stand side by side, their top row first.
uniform sampler2D letters;
in vec2 texel;
flat in vec3 tint;
out vec4 colour;

void main() {
    if (texelFetch(letters, ivec2(texel), 0).r < 0.5) {
        discard;
    }
    colour = vec4(tint, 1.0);
}
