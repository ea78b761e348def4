// What is heard in fewer columns: each has the value furthest from silence of those that it stands for.
uniform sampler2D sound;
uniform int columns;
uniform float silence;
out vec4 colour;

void main() {
    ivec2 heard = textureSize(sound, 0);
    int column = int(gl_FragCoord.x);
    int first = column * heard.x / columns;
    int behind = max(first + 1, (column + 1) * heard.x / columns);
    float furthest = silence;
    for (int at = first; at < behind; ++at) {
        float value = texelFetch(sound, ivec2(at, int(gl_FragCoord.y)), 0).r;
        furthest = abs(value - silence) > abs(furthest - silence) ? value : furthest;
    }
    colour = vec4(vec3(furthest), 1.0);
}
