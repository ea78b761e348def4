// Whichever of the two colours has the smaller sum of channels: Adobe, "Blending mode descriptions", "Darker Color".
// Of two alike, within half a level of 255, it is the backdrop.
#define STEEP
vec3 blend(vec3 backdrop, vec3 source) {
    return dot(source - backdrop, vec3(1.0)) < -0.5 / 255.0 ? source : backdrop;
}
