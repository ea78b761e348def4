// What the flash guard's passes share. The picture is a grid of cells; textures of turns hold two of them, one on the
// other: luminance, then red. A cell's turns are three texels, one of each texture:
//   turns_0: the way of the last turn (1 up, -1 down, 0 none yet), the least reached since, ages of the newest two turns
//   turns_1: ages of the next four
//   turns_2: 1 or -1 if what was shown last was a turn, the most reached since the last turn
// Turns are as engine/analysis/flashes.py counts them, but of changes that are a fifth smaller, so that other eyes and
// encoders agree. Those come earlier, by up to a turn: so five in a second, not six, make sure that nobody counts seven.
uniform sampler2D turns_0;
uniform sampler2D turns_1;
uniform sampler2D turns_2;
uniform bool spares;  // room is left for one turn that nobody can hold back: black by hand

const ivec2 GRID = ivec2(64, 32);
const float WINDOW_S = 1.0;
const float LONG_AGO_S = 100.0;
const float AREA = 0.2;  // of the picture; the limit is a quarter
// For the picture as a whole. Less, since more of its cells turn both ways and cancel out where smaller changes count.
const float WHOLE_AREA = 0.12;
const float DARKER_BELOW = 0.85;

float step_of(bool red) {
    return red ? 0.05 : 0.08;
}

bool is_red(ivec2 cell) {
    return cell.y >= GRID.y;
}

// Luminance, or what there is of red above green and blue: below 0 where there is none.
float signed_measure(vec3 light, bool red) {
    return red ? light.r - light.g - light.b : dot(light, vec3(0.2126, 0.7152, 0.0722));
}

float measure(vec3 light, bool red) {
    return max(signed_measure(light, red), 0.0);
}

// The least and the most that the cell at `place` has reached since its last turn, or since the beginning.
vec2 reached(ivec2 place) {
    return vec2(texelFetch(turns_0, place, 0).y, texelFetch(turns_2, place, 0).y);
}

// 1 or -1 if `value` would be a turn up or down of the cell at `place`, else 0.
float turn_of(ivec2 place, float value, bool red) {
    float least = step_of(red), way = texelFetch(turns_0, place, 0).x;
    vec2 range = reached(place);
    if (way <= 0.0 && value - range.x >= least && (red || range.x < DARKER_BELOW)) return 1.0;
    if (way >= 0.0 && range.y - value >= least && (red || value < DARKER_BELOW)) return -1.0;
    return 0.0;
}

// Whether another turn would be one too many, from the ages of turns_1.
bool at_limit(vec4 ages) {
    return (spares ? ages.y : ages.z) < WINDOW_S;
}

bool beyond_limit(vec4 ages) {
    return (spares ? ages.z : ages.w) < WINDOW_S;
}
