// Each pixel is the source's or the backdrop's, as often the source's as its alpha says: Adobe, "Blending mode
// descriptions", "Dissolve". The same pixels in every frame, by their place: the hash pcg3d of M. Jarzynski and
// M. Olano, "Hash Functions for GPU Rendering", Journal of Computer Graphics Techniques 9.3, 2020.
#define BRIGHT
#define COVERAGE
float coverage(vec4 straight) {
    uvec3 hash = uvec3(gl_FragCoord.xy, 0u) * 1664525u + 1013904223u;
    hash.x += hash.y * hash.z;
    hash.y += hash.z * hash.x;
    hash.z += hash.x * hash.y;
    hash ^= hash >> 16u;
    hash.x += hash.y * hash.z;
    return (float(hash.x >> 16u) + 0.5) / 65536.0 < straight.a ? 1.0 : 0.0;
}

vec3 blend(vec3 backdrop, vec3 source) {
    return source;
}
