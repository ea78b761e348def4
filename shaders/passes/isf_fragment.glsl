// What an ISF fragment shader finds beside isf_common.glsl.
in vec2 isf_FragNormCoord;
layout(location = 0) out vec4 isf_output;
#ifdef MARKED
layout(location = 1) out vec4 isf_mark;
#endif
uniform bool isf_to_output;
vec4 isf_colours[8];

vec4 isf_fragment() {
    return vec4(gl_FragCoord.x, RENDERSIZE.y - gl_FragCoord.y, gl_FragCoord.zw);
}

vec4 isf_own_this_pixel(sampler2D image) { return isf_own_norm_pixel(image, isf_FragNormCoord); }
vec4 isf_this_pixel(sampler2D image) { return isf_norm_pixel(image, isf_FragNormCoord); }

// With a bias, as texture2D may be called.
vec4 isf_own_norm_pixel(sampler2D image, vec2 place, float bias) { return texture(image, isf_place(place), bias); }
vec4 isf_norm_pixel(sampler2D image, vec2 place, float bias) {
    return isf_straight(isf_own_norm_pixel(image, place, bias));
}

// The shader's heights count upwards in slopes and offsets too.
vec4 isf_own_gradient(sampler2D image, vec2 place, vec2 right, vec2 up) {
    return textureGrad(image, isf_place(place), vec2(right.x, -right.y), vec2(up.x, -up.y));
}
vec4 isf_own_projected(sampler2D image, vec3 place) { return isf_own_norm_pixel(image, place.xy / place.z); }
vec4 isf_own_projected(sampler2D image, vec4 place) { return isf_own_norm_pixel(image, place.xy / place.w); }
vec4 isf_own_offset(sampler2D image, vec2 place, ivec2 offset) {
    return isf_own_norm_pixel(image, place + vec2(offset) / isf_size(image));
}
vec4 isf_gradient(sampler2D image, vec2 place, vec2 right, vec2 up) {
    return isf_straight(isf_own_gradient(image, place, right, up));
}
vec4 isf_projected(sampler2D image, vec3 place) { return isf_straight(isf_own_projected(image, place)); }
vec4 isf_projected(sampler2D image, vec4 place) { return isf_straight(isf_own_projected(image, place)); }
vec4 isf_offset(sampler2D image, vec2 place, ivec2 offset) {
    return isf_straight(isf_own_offset(image, place, offset));
}

#define dFdy(value) (-dFdy(value))
#define main isf_main
