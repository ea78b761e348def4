// What an ISF vertex shader finds beside isf_common.glsl, without a vertex buffer: the corners of a quad for one of the
// file's own, else those of a triangle that covers it.
out vec2 isf_FragNormCoord;

void isf_vertShaderInit() {
#ifdef OWN_VERTICES
    isf_FragNormCoord = vec2(gl_VertexID & 1, gl_VertexID >> 1);
#else
    isf_FragNormCoord = vec2((gl_VertexID << 1) & 2, gl_VertexID & 2);
#endif
    gl_Position = vec4(isf_FragNormCoord * 2.0 - 1.0, 0.0, 1.0);
}

#define main isf_main
