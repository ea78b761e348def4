// A letter an instance, as a strip of four corners; places are in pixels from the target's upper left.
uniform vec2 target_px;
uniform vec2 letter_px;
uniform float scale;
in vec2 place_px;
in float letter;
in vec3 letter_colour;
out vec2 texel;
flat out vec3 tint;

void main() {
    vec2 corner = vec2(float(gl_VertexID & 1), float(gl_VertexID >> 1));
    vec2 place = (place_px + corner * letter_px * scale) / target_px;
    texel = vec2(letter * letter_px.x, 0.0) + corner * letter_px;
    tint = letter_colour;
    gl_Position = vec4(place.x * 2.0 - 1.0, 1.0 - place.y * 2.0, 0.0, 1.0);
}
