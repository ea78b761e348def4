#version 330 core
// The canvas as it is, opaque.
uniform sampler2D canvas;
in vec2 place;
out vec4 colour;

void main() {
    colour = vec4(texture(canvas, place).rgb, 1.0);
}
