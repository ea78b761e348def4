// The target of an ISF shader, one triangle without a vertex buffer. ISF counts upwards from the lower left,
// while texel row 0 is the picture's top row here: so the shader is told the mirrored height.
out vec2 isf_FragNormCoord;

void main() {
    vec2 unit_position = vec2((gl_VertexID << 1) & 2, gl_VertexID & 2);
    isf_FragNormCoord = vec2(unit_position.x, 1.0 - unit_position.y);
    gl_Position = vec4(unit_position * 2.0 - 1.0, 0.0, 1.0);
}
