// One frame on the canvas: a quad of four vertices without a vertex buffer.
// unit: 0..1 across the upright picture, from its upper left. stored: the same place in the picture as it lies in memory.
uniform mat3 ndc_from_unit;
uniform mat3 stored_from_unit;
out vec2 stored_position;

#ifdef SOFT_EDGES
uniform vec2 size_px;
out vec2 edge_px;
#endif

void main() {
    vec2 unit = vec2(gl_VertexID & 1, gl_VertexID >> 1);
#ifdef SOFT_EDGES
    unit += (unit * 2.0 - 1.0) / size_px;  // one pixel larger on each side: room for the edge to fade
    edge_px = (unit - 0.5) * size_px;
#endif
    stored_position = (stored_from_unit * vec3(unit, 1.0)).xy;
    gl_Position = vec4((ndc_from_unit * vec3(unit, 1.0)).xy, 0.0, 1.0);
}
