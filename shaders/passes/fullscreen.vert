// One triangle that covers the target, without a vertex buffer: vertices 0, 1, 2 of an empty vertex array.
void main() {
    vec2 unit = vec2((gl_VertexID << 1) & 2, gl_VertexID & 2);
    gl_Position = vec4(unit * 2.0 - 1.0, 0.0, 1.0);
}
