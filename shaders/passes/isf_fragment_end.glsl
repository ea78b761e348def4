// Calls the shader and keeps what is no number out of every picture: it would spread there, and stay.
#undef main
#undef dFdy

// What the output's alpha is at least: 1 where the picture lies over black.
uniform float isf_least_alpha;

void main() {
    isf_colours[0] = vec4(0.0);
    isf_main();
    vec4 colour = isf_colours[0];
    uvec4 exponent = floatBitsToUint(colour) & 0x7F800000u;
    colour = mix(colour, vec4(0.0), equal(exponent, uvec4(0x7F800000u)));
    if (isf_to_output) {
        colour = clamp(colour, 0.0, 1.0);
#ifdef PREMULTIPLIED
        colour.rgb *= colour.a;
#endif
        colour.a = max(colour.a, isf_least_alpha);
    }
    isf_output = colour;
}
