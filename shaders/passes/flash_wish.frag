// What each cell would do if the picture that is to come were shown as it is; its mipmaps sum it up over the picture.
// x: the way that it would turn; y: the same, but 0 where that would be too often; z: 1 where it turns too often, this
// turn counted; w: the way that it has turned with what was shown last.
uniform sampler2D wanted;  // light of the cells
out vec4 color;

void main() {
    ivec2 cell = ivec2(gl_FragCoord.xy);
    bool red = is_red(cell);
    float turn = turn_of(cell, measure(texelFetch(wanted, cell % GRID, 0).rgb, red), red);
    vec4 ages = texelFetch(turns_1, cell, 0);
    bool over = (turn != 0.0 && at_limit(ages)) || beyond_limit(ages);
    color = vec4(turn, at_limit(ages) ? 0.0 : turn, over ? 1.0 : 0.0, texelFetch(turns_2, cell, 0).x);
}
