// Where each patch of a picture has gone in the other one, both ways: one texel a patch of 8 × 8, a patch every 4 texels of
// the level. xy leads from the first picture to the second, zw back; in fractions of the picture.
//
// Gauss-Newton steps on the difference less its mean, with the slopes of the picture that stands still (B.D. Lucas and
// T. Kanade, "An Iterative Image Registration Technique with an Application to Stereo Vision", 1981; S. Baker and
// I. Matthews, "Lucas-Kanade 20 Years On", 2004), from what the coarser level found (J.-Y. Bouguet, "Pyramidal
// Implementation of the Lucas Kanade Feature Tracker", 2000), on overlapping patches (T. Kroeger and others,
// "Fast Optical Flow using Dense Inverse Search", 2016).
uniform sampler2D first;  // luma, and its slope to the right and downwards
uniform sampler2D second;
uniform vec2 level_px;
#ifdef COARSER
uniform sampler2D coarser;
#endif
out vec4 flow;

const int STRIDE = 4;
const int PATCH = 8;
const int TEXELS = PATCH * PATCH;
const int STEPS = 3;
// The squared slopes that noise alone sums up to in a patch: with less texture than that, the guess stays.
const float NOISE = 1e-2;

// How unlike the patch around `centre` and what lies `shift` from it are, judged by every second texel.
float unlike(sampler2D from, sampler2D to, vec2 centre, vec2 shift) {
    float sum = 0.0;
    float squares = 0.0;
    for (int y = 0; y < PATCH; y += 2) {
        for (int x = 0; x < PATCH; x += 2) {
            vec2 place = centre + vec2(x, y) - 0.5 * float(PATCH) + 1.0;
            float off = texture(to, (place + shift) / level_px).r - texture(from, place / level_px).r;
            sum += off;
            squares += off * off;
        }
    }
    return squares - sum * sum / float(TEXELS / 4);
}

// The best of standing still and what the coarser level found here and at the four patches beside, in texels.
vec2 guessed(sampler2D from, sampler2D to, vec2 centre, bool back) {
    vec2 best = vec2(0.0);
#ifdef COARSER
    float least = unlike(from, to, centre, best);
    for (int candidate = 0; candidate < 5; ++candidate) {
        vec2 beside = candidate == 4 ? vec2(0.0) : vec2(candidate & 1, candidate >> 1) * 2.0 - 1.0;
        vec4 ways = texture(coarser, (centre + beside * float(PATCH)) / level_px);
        vec2 shift = (back ? ways.zw : ways.xy) * level_px;
        float off = unlike(from, to, centre, shift);
        if (off < least) {
            least = off;
            best = shift;
        }
    }
#endif
    return best;
}

// Where the patch around `centre` has gone, in texels; the guess if nothing nearby fits better.
vec2 found(sampler2D from, sampler2D to, vec2 centre, vec2 guess) {
    ivec2 corner = ivec2(centre) - PATCH / 2;
    ivec2 last = ivec2(level_px) - 1;
    vec3 products = vec3(0.0);  // of the slopes: xx, xy, yy
    vec2 slopes = vec2(0.0);
    for (int texel = 0; texel < TEXELS; ++texel) {
        ivec2 at = clamp(corner + ivec2(texel % PATCH, texel / PATCH), ivec2(0), last);
        vec2 slope = texelFetch(from, at, 0).yz;
        products += slope.xxy * slope.xyy;
        slopes += slope;
    }
    products -= slopes.xxy * slopes.xyy / float(TEXELS);
    products.xz += NOISE;
    float determinant = products.x * products.z - products.y * products.y;
    vec2 shift = guess;
    vec2 best = guess;
    float least = 1e9;
    for (int step = 0; step <= STEPS; ++step) {
        vec2 pull = vec2(0.0);
        float sum = 0.0;
        float squares = 0.0;
        for (int texel = 0; texel < TEXELS; ++texel) {
            ivec2 at = corner + ivec2(texel % PATCH, texel / PATCH);
            vec3 here = texelFetch(from, clamp(at, ivec2(0), last), 0).xyz;
            float off = texture(to, (vec2(at) + 0.5 + shift) / level_px).r - here.x;
            pull += here.yz * off;
            sum += off;
            squares += off * off;
        }
        squares -= sum * sum / float(TEXELS);
        if (squares < least) {
            least = squares;
            best = shift;
        }
        pull -= slopes * sum / float(TEXELS);
        shift -= vec2(
            products.z * pull.x - products.y * pull.y,
            products.x * pull.y - products.y * pull.x
        ) / determinant;
    }
    return distance(best, guess) < float(PATCH) ? best : guess;
}

void main() {
    vec2 centre = gl_FragCoord.xy * float(STRIDE);
    vec2 forth = found(first, second, centre, guessed(first, second, centre, false));
    vec2 back = found(second, first, centre, guessed(second, first, centre, true));
    flow = vec4(forth, back) / level_px.xyxy;
}
