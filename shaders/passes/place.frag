// A premultiplied picture where it lies on the canvas, lifted towards white by `flash`. Its vertex shader is frame.vert.
in vec2 stored_position;
uniform sampler2D picture;
uniform float flash;
out vec4 color;

#ifdef SOFT_EDGES
in vec2 edge_px;
uniform vec2 size_px;

float coverage() {
    vec2 inside_px = 0.5 * size_px - abs(edge_px);
    return clamp(min(inside_px.x, inside_px.y) + 0.5, 0.0, 1.0);
}
#else
float coverage() {
    return 1.0;
}
#endif

void main() {
    vec4 source = texture(picture, stored_position);
    color = vec4(mix(source.rgb, vec3(source.a), flash), source.a) * coverage();
}
