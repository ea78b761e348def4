// Calls the shader and keeps what is no number out of every picture: it would spread there, and stay. What is infinite
// is kept out of the shader's own; in the output it is as bright, or as dark, as can be.
#undef main
#undef dFdy

// What the output's alpha is at least: 1 where the picture lies over black.
uniform float isf_least_alpha;

void main() {
    isf_colours[0] = vec4(0.0);
    isf_main();
    vec4 colour = isf_colours[0];
    uvec4 magnitude = floatBitsToUint(colour) & 0x7FFFFFFFu;
#ifdef MARKED
    isf_mark = vec4(any(greaterThan(magnitude, uvec4(0x7F7FFFFFu))));
#endif
    colour = mix(colour, vec4(0.0), greaterThan(magnitude, uvec4(isf_to_output ? 0x7F800000u : 0x7F7FFFFFu)));
    if (isf_to_output) {
        colour = clamp(colour, 0.0, 1.0);
#ifdef PREMULTIPLIED
        colour.rgb *= colour.a;
#endif
        colour.a = max(colour.a, isf_least_alpha);
    }
    isf_output = colour;
}
