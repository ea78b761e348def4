// What an ISF vertex shader finds beside isf_common.glsl: the corners of a quad, without a vertex buffer.
out vec2 isf_FragNormCoord;

void isf_vertShaderInit() {
    isf_FragNormCoord = vec2(gl_VertexID & 1, gl_VertexID >> 1);
    gl_Position = vec4(isf_FragNormCoord * 2.0 - 1.0, 0.0, 1.0);
}

#define main isf_main
