// How far the flow of two pictures is to be trusted, 0..1: x from the first to the second, y back. It is where the way there
// and back ends near where it began, and where following it explains the other picture better than standing still does.
// z and w, for their means over the picture: how much of what changes is explained, and how much changes.
uniform sampler2D first;
uniform sampler2D second;
uniform sampler2D flow;
uniform vec2 level_px;
out vec4 trust;

const float NOISE = 0.005;  // luma that differs by as little is alike

float returns(vec2 forth, vec2 back) {
    float off_px = length((forth + back) * level_px);
    float slack_px = 0.7 + 0.05 * length(forth * level_px);
    return exp(-off_px * off_px / (slack_px * slack_px));
}

// The mean difference around `here` in `from` and `there` in `to`: four filtered samples, which take in 3 × 3 texels.
float unlike(sampler2D from, sampler2D to, vec2 here, vec2 there) {
    float sum = 0.0;
    for (int corner = 0; corner < 4; ++corner) {
        vec2 away = (vec2(corner & 1, corner >> 1) * 1.5 - 0.75) / level_px;
        sum += abs(texture(to, there + away).r - texture(from, here + away).r);
    }
    return 0.25 * sum;
}

// x: how well the flow explains the other picture; y: how unlike the two are where nothing is followed.
vec2 explained(sampler2D from, sampler2D to, vec2 here, vec2 shift) {
    float moved = unlike(from, to, here, here + shift);
    float still = unlike(from, to, here, here);
    return vec2(1.0 - smoothstep(0.5, 1.0, (moved + NOISE) / (still + NOISE)), still);
}

void main() {
    vec2 here = gl_FragCoord.xy / level_px;
    vec4 ways = texture(flow, here);
    vec2 forth = explained(first, second, here, ways.xy);
    vec2 back = explained(second, first, here, ways.zw);
    vec2 trusted = vec2(
        forth.x * returns(ways.xy, texture(flow, here + ways.xy).zw),
        back.x * returns(ways.zw, texture(flow, here + ways.zw).xy)
    );
    vec2 change = vec2(forth.y, back.y);
    trust = vec4(trusted, dot(trusted, change), change.x + change.y);
}
