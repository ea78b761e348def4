// A layer over its backdrop through a `blend` function, with both alphas: W3C Compositing and Blending Level 1,
// "general formula". Both pictures are premultiplied and as large as the target.
uniform sampler2D layer;
uniform sampler2D canvas;
out vec4 color;

vec3 straight(vec4 premultiplied) {
    return premultiplied.a > 0.0 ? clamp(premultiplied.rgb / premultiplied.a, 0.0, 1.0) : vec3(0.0);
}

void main() {
    ivec2 texel = ivec2(gl_FragCoord.xy);
    vec4 source = texelFetch(layer, texel, 0);
    vec4 backdrop = texelFetch(canvas, texel, 0);
    vec3 blended = blend(straight(backdrop), straight(source));
    color = vec4(
        source.rgb * (1.0 - backdrop.a) + backdrop.rgb * (1.0 - source.a) + source.a * backdrop.a * blended,
        source.a + backdrop.a * (1.0 - source.a)
    );
}
