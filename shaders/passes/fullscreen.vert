// One triangle that covers the target, without a vertex buffer: vertices 0, 1, 2 of an empty vertex array.
// unit_position is 0..1, (0, 0) at the target's texel (0, 0), which is the picture's upper left.
out vec2 unit_position;

void main() {
    unit_position = vec2((gl_VertexID << 1) & 2, gl_VertexID & 2);
    gl_Position = vec4(unit_position * 2.0 - 1.0, 0.0, 1.0);
}
