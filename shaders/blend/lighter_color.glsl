// Whichever of the two colours has the larger sum of channels: Adobe, "Blending mode descriptions", "Lighter Color".
// Of two alike, within half a level of 255, it is the backdrop.
#define STEEP
vec3 blend(vec3 backdrop, vec3 source) {
    return dot(source - backdrop, vec3(1.0)) > 0.5 / 255.0 ? source : backdrop;
}
