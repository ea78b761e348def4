// How much of the new picture each cell may get, 0..1: all of it, or as much as makes no turn where it may not turn. The
// least of a cell and its neighbours, so that between the centres of cells, too, it is not more.
uniform sampler2D wanted;
uniform sampler2D shown;
uniform sampler2D whole;  // its turns_2
out vec4 color;

const float MARGIN = 0.9;

// How fast a measure can move with the share, at most. Encoded colours are mixed: light that rises does so no faster than
// by its share, since the curve is convex; light that falls, by up to 2.4 times what there is, the curve's exponent.
float fastest(vec3 from, vec3 to, bool red, float turn) {
    if (!red) return turn > 0.0 ? measure(to, false) : 2.4 * measure(from, false);
    return turn > 0.0 ? to.r + 2.4 * (from.g + from.b) : 2.4 * from.r + to.g + to.b;
}

float share_of(ivec2 cell, bool red) {
    ivec2 place = red ? cell + ivec2(0, GRID.y) : cell;
    vec3 light = texelFetch(wanted, cell, 0).rgb;
    float turn = turn_of(place, measure(light, red), red);
    if (turn == 0.0) return 1.0;
    vec4 rule = texelFetch(whole, ivec2(red ? 1 : 0, 0), 0);
    if (!(rule.x > 0.0 && at_limit(texelFetch(turns_1, place, 0))) && rule.y != turn) return 1.0;
    vec3 from = texelFetch(shown, cell, 0).rgb;
    vec2 range = reached(place);
    float may_go = MARGIN * step_of(red) - turn * (measure(from, red) - (turn > 0.0 ? range.x : range.y));
    return clamp(may_go / max(fastest(from, light, red, turn), 1e-4), 0.0, 1.0);
}

void main() {
    ivec2 here = ivec2(gl_FragCoord.xy);
    float share = 1.0;
    for (int y = -1; y <= 1; ++y) {
        for (int x = -1; x <= 1; ++x) {
            ivec2 cell = clamp(here + ivec2(x, y), ivec2(0), GRID - 1);
            share = min(share, min(share_of(cell, false), share_of(cell, true)));
        }
    }
    color = vec4(share);
}
