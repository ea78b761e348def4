// What an ISF 2.0 shader finds declared (https://github.com/mrRay/ISF_Spec), on GLSL 3.30 core.
// All heights that the shader sees count upwards; pictures are stored with their top row first.
in vec2 isf_FragNormCoord;
out vec4 isf_output_color;
uniform float TIME;
uniform float TIMEDELTA;
uniform int FRAMEINDEX;
uniform int PASSINDEX;
uniform vec2 RENDERSIZE;
uniform vec4 DATE;

vec4 isf_fragment() {
    return vec4(gl_FragCoord.x, RENDERSIZE.y - gl_FragCoord.y, gl_FragCoord.zw);
}

vec4 isf_norm_pixel(sampler2D image, vec2 place) {
    return texture(image, vec2(place.x, 1.0 - place.y));
}

#define gl_FragColor isf_output_color
#define gl_FragCoord isf_fragment()
#define vv_FragNormCoord isf_FragNormCoord
#define texture2D isf_norm_pixel
#define IMG_SIZE(image) vec2(textureSize(image, 0))
#define IMG_NORM_PIXEL(image, place) isf_norm_pixel(image, place)
#define IMG_PIXEL(image, place) isf_norm_pixel(image, (place) / IMG_SIZE(image))
#define IMG_THIS_NORM_PIXEL(image) isf_norm_pixel(image, isf_FragNormCoord)
#define IMG_NORM_THIS_PIXEL(image) isf_norm_pixel(image, isf_FragNormCoord)
#define IMG_THIS_PIXEL(image) isf_norm_pixel(image, isf_FragNormCoord)
