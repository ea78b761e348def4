// Turns what an ISF vertex shader put up the right way over: texel row 0 is the picture's top row here.
#undef main

void main() {
    isf_main();
    gl_Position.y = -gl_Position.y;
}
