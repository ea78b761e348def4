// What both stages of an ISF shader find declared (https://github.com/mrRay/ISF_Spec), on GLSL 3.30 core; the words of
// the file have been made these by engine/formats/isf/glsl.py. All heights that a shader sees count upwards;
// pictures are stored with their top row first. With PREMULTIPLIED the host's pictures are, and the shader is shown
// straight alpha; a shader's own pictures ("own" below) hold whatever it wrote.
uniform float TIME;
uniform float TIMEDELTA;
uniform int FRAMEINDEX;
#ifdef ISF_PASS
const int PASSINDEX = ISF_PASS;
#else
uniform int PASSINDEX;
#endif
uniform vec2 RENDERSIZE;
uniform vec4 DATE;

// The power as C has it, where GLSL leaves it open: that of a negative number with a whole exponent.
float isf_pow(float base, float exponent) {
    float power = pow(exponent == floor(exponent) ? abs(base) : base, exponent);
    return base < 0.0 && mod(exponent, 2.0) == 1.0 ? -power : power;
}
vec2 isf_pow(vec2 base, vec2 exponent) { return vec2(isf_pow(base.x, exponent.x), isf_pow(base.y, exponent.y)); }
vec3 isf_pow(vec3 base, vec3 exponent) { return vec3(isf_pow(base.xy, exponent.xy), isf_pow(base.z, exponent.z)); }
vec4 isf_pow(vec4 base, vec4 exponent) { return vec4(isf_pow(base.xy, exponent.xy), isf_pow(base.zw, exponent.zw)); }

vec4 isf_straight(vec4 colour) {
#ifdef PREMULTIPLIED
    return colour.a > 0.0 ? vec4(colour.rgb / colour.a, colour.a) : vec4(0.0);
#else
    return colour;
#endif
}

vec2 isf_size(sampler2D image) { return vec2(textureSize(image, 0)); }
vec2 isf_place(vec2 place) { return vec2(place.x, 1.0 - place.y); }
ivec2 isf_place(ivec2 texel, int height) { return ivec2(texel.x, height - 1 - texel.y); }

vec4 isf_own_norm_pixel(sampler2D image, vec2 place) { return texture(image, isf_place(place)); }
vec4 isf_own_pixel(sampler2D image, vec2 place) { return isf_own_norm_pixel(image, place / isf_size(image)); }
vec4 isf_own_lod(sampler2D image, vec2 place, float lod) { return textureLod(image, isf_place(place), lod); }
vec4 isf_own_texel(sampler2D image, ivec2 texel, int lod) {
    return texelFetch(image, isf_place(texel, textureSize(image, lod).y), lod);
}
vec4 isf_norm_pixel(sampler2D image, vec2 place) { return isf_straight(isf_own_norm_pixel(image, place)); }
vec4 isf_pixel(sampler2D image, vec2 place) { return isf_straight(isf_own_pixel(image, place)); }
vec4 isf_lod(sampler2D image, vec2 place, float lod) { return isf_straight(isf_own_lod(image, place, lod)); }
vec4 isf_texel(sampler2D image, ivec2 texel, int lod) { return isf_straight(isf_own_texel(image, texel, lod)); }
