// A picture's planes, as many as its layout has, and those of a second one of the same layout and size.
uniform sampler2D plane_0;
uniform sampler2D plane_1;
uniform sampler2D plane_2;
uniform sampler2D second_plane_0;
uniform sampler2D second_plane_1;
uniform sampler2D second_plane_2;

// A place (0..1) in the picture as one in a plane's texture. BOUNDED: `extent` is the visible part of a padded plane, as a
// fraction of its texture, and filtering is kept off the rest: `bounds` are the centres of the outermost visible texels.
// Otherwise the caller's places are those in the texture.
#ifdef BOUNDED
vec2 within(vec2 stored, vec2 extent, vec4 bounds) {
    return clamp(stored * extent, bounds.xy, bounds.zw);
}
#else
vec2 within(vec2 stored, vec2 extent, vec4 bounds) {
    return stored;
}
#endif
