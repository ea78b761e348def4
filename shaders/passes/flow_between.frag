// What each of two pictures gives to the one at `mix_at` (0..1) between them: xy, how far from its place a pixel of it is
// taken, in fractions of the picture; z, the factor to its share in a plain mix.
//
// A pixel here is taken from where the flow leads here from: from `place` with place + t flow(place) = here. Of two
// such sources the more trusted counts, so that what one picture hides comes from the other. Where there is none to
// be trusted, and everywhere if little of the change is explained (a cut), it is the plain mix.
uniform sampler2D flow;
uniform sampler2D trust;
uniform sampler2D whole;
uniform vec2 level_px;
uniform float mix_at;
layout(location = 0) out vec4 from_first;
layout(location = 1) out vec4 from_second;

const int STEPS = 3;
// What is seen in one picture only cannot lead there and back: if its flow is even, this much trust is left.
const float HIDDEN = 0.1;
// Keeps the counts finite, and the picture steady as it comes near either frame.
const float LEAST = 0.02;

vec2 way(bool back, vec2 place) {
    vec4 ways = texture(flow, place);
    return back ? ways.zw : ways.xy;
}

// How even the flow is around a place, 0..1: what found no match has been led anywhere.
float even(bool back, vec2 place) {
    vec2 middle = way(back, place);
    float rough_px = 0.0;
    for (int corner = 0; corner < 4; ++corner) {
        vec2 away_px = vec2(corner & 1, corner >> 1) * 4.0 - 2.0;
        rough_px = max(rough_px, length((way(back, place + away_px / level_px) - middle) * level_px));
    }
    return exp(-4.0 * rough_px * rough_px);
}

// xy: the source of `here` in a picture, `share` of the way from it; z: how far to trust it.
vec3 source(bool back, vec2 here, float share) {
    vec2 place = here;
    for (int step = 0; step < STEPS; ++step) {
        place = here - share * way(back, place);
    }
    vec2 missed_px = (place + share * way(back, place) - here) * level_px;
    vec2 outside_px = max(max(-place, place - 1.0), 0.0) * level_px;
    vec2 trusted = textureLod(trust, place, 1.0).xy;
    float sure = mix(HIDDEN * even(back, place), 1.0, back ? trusted.y : trusted.x);
    return vec3(place, sure * exp(-dot(missed_px, missed_px)) * (1.0 - min(1.0, length(outside_px))));
}

void main() {
    vec2 here = gl_FragCoord.xy / level_px;
    vec3 first = source(false, here, mix_at);
    vec3 second = source(true, here, 1.0 - mix_at);
    float one_sided = abs(first.z - second.z) / max(0.1, first.z + second.z);
    float moving = max(smoothstep(0.2, 0.4, max(first.z, second.z)), smoothstep(0.6, 0.95, one_sided));
    moving *= texelFetch(whole, ivec2(0), 0).r;
    vec2 counts = vec2(first.z, second.z) + LEAST;
    counts = mix(vec2(1.0), counts / dot(counts, vec2(1.0 - mix_at, mix_at)), moving);
    from_first = vec4((first.xy - here) * moving, counts.x, 1.0);
    from_second = vec4((second.xy - here) * moving, counts.y, 1.0);
}
