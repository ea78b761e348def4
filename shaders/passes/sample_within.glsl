// Keeps filtering off a plane's padding, where there is some to reach: `bounds` are the centres of the outermost visible texels.
#ifdef BOUNDED
vec2 within(vec2 place, vec4 bounds) {
    return clamp(place, bounds.xy, bounds.zw);
}
#else
vec2 within(vec2 place, vec4 bounds) {
    return place;
}
#endif
