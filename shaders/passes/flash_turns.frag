// Each cell's turns, with the picture that was shown last taken in: `since_s` ago. At a start there are none.
uniform sampler2D shown;  // light of the cells
uniform float since_s;
uniform bool starts;
layout(location = 0) out vec4 next_0;
layout(location = 1) out vec4 next_1;
layout(location = 2) out vec4 next_2;

void main() {
    ivec2 cell = ivec2(gl_FragCoord.xy);
    bool red = is_red(cell);
    float value = measure(texelFetch(shown, cell % GRID, 0).rgb, red);
    if (starts) {
        next_0 = vec4(0.0, value, LONG_AGO_S, LONG_AGO_S);
        next_1 = vec4(LONG_AGO_S);
        next_2 = vec4(0.0, value, 0.0, 0.0);
        return;
    }
    next_0 = texelFetch(turns_0, cell, 0);
    next_1 = texelFetch(turns_1, cell, 0);
    float turn = turn_of(cell, value, red);
    vec2 range = turn == 0.0 ? reached(cell) : vec2(value);
    next_0.zw += since_s;
    next_1 += since_s;
    if (turn != 0.0) {
        next_1 = vec4(next_0.w, next_1.xyz);
        next_0 = vec4(turn, value, since_s, next_0.z);
    }
    next_0.y = min(range.x, value);
    next_0.zw = min(next_0.zw, LONG_AGO_S);
    next_1 = min(next_1, LONG_AGO_S);
    next_2 = vec4(turn, max(range.y, value), 0.0, 0.0);
}
