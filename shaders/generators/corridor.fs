/*{
    "ISFVSN": "2",
    "CREDIT": "runtime",
    "DESCRIPTION": "An endless corridor: light panels go by, the floor gives them back.",
    "CATEGORIES": ["Generator", "Built"],
    "INPUTS": [
        {"NAME": "speed", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.0, "MAX": 4.0},
        {"NAME": "seed", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.0, "MAX": 64.0},
        {"NAME": "scale", "TYPE": "float", "DEFAULT": 1.0, "MIN": 0.25, "MAX": 5.0},
        {"NAME": "bend", "TYPE": "float", "DEFAULT": 0.5, "MIN": 0.0, "MAX": 1.5},
        {"NAME": "deep", "TYPE": "color", "DEFAULT": [0.012, 0.018, 0.026, 1.0]},
        {"NAME": "tone", "TYPE": "color", "DEFAULT": [0.16, 0.24, 0.29, 1.0]},
        {"NAME": "light", "TYPE": "color", "DEFAULT": [1.0, 0.82, 0.60, 1.0]}
    ]
}*/

float hash(vec2 cell) {
    vec2 q = fract(cell * vec2(0.7548777, 0.5698403));
    q += dot(q, q.yx + 31.71);
    return fract((q.x + q.y) * q.x * 3.17);
}

// Where a ray from `from` leaves the corridor: xyz the point, w which surface (0 wall, 1 floor, 2 ceiling).
vec4 leave(vec3 from, vec3 way, vec2 room) {
    vec2 to_wall = (sign(way.xy) * room - from.xy) / way.xy;
    float far = min(to_wall.x, to_wall.y);
    float surface = to_wall.x < to_wall.y ? 0.0 : (way.y < 0.0 ? 1.0 : 2.0);
    return vec4(from + way * far, surface);
}

vec3 paint(vec4 hit, float t, vec2 room) {
    float bay = hit.z / 2.4;
    float which = floor(bay);
    float f = bay - which;
    float luck = hash(vec2(which, seed));
    float blink = luck > 0.82 ? 0.35 + 0.65 * step(0.45, fract(t * 1.7 + 9.0 * luck) + 0.3 * sin(31.0 * t)) : 1.0;
    float soft = fwidth(bay) + 0.01;
    float lamp = smoothstep(0.30, 0.30 + soft, f) * (1.0 - smoothstep(0.70 - soft, 0.70, f));
    float spill = exp(-7.0 * abs(f - 0.5)) * blink;
    vec3 lamp_colour = mix(light.rgb, mix(tone.rgb * 2.6, vec3(0.8, 0.95, 1.0), 0.5), step(0.66, fract(luck * 7.7)));
    if (hit.w > 1.5) {
        lamp *= 1.0 - smoothstep(0.32 * room.x, 0.36 * room.x, abs(hit.x));
        return mix(deep.rgb + tone.rgb * 0.34 * spill, lamp_colour * 1.7, lamp * blink);
    }
    if (hit.w > 0.5) {
        vec2 tile = abs(fract(hit.xz * vec2(1.3, 0.83)) - 0.5);
        float joint = smoothstep(0.47, 0.5, max(tile.x, tile.y));
        return (deep.rgb + tone.rgb * (0.16 + 0.5 * spill) + lamp_colour * 0.12 * spill) * (1.0 - 0.5 * joint);
    }
    float column = smoothstep(0.40, 0.44, abs(f - 0.5));
    float height = (hit.y + room.y) / (2.0 * room.y);
    vec3 plaster = mix(tone.rgb, light.rgb, 0.25 * spill) * (0.22 + 1.5 * spill * (0.35 + 0.75 * height));
    float door = step(0.62, luck) * step(abs(f - 0.5), 0.16) * step(height, 0.72);
    plaster = mix(plaster, deep.rgb + lamp_colour * 0.05, 0.75 * door);
    float stripe = smoothstep(0.012, 0.0, abs(height - 0.42));
    return mix(plaster, deep.rgb * 1.2, 0.8 * column) + lamp_colour * 0.25 * stripe * spill;
}

void main() {
    float t = TIME * speed;
    vec2 uv = (isf_FragNormCoord - 0.5) * vec2(RENDERSIZE.x / RENDERSIZE.y, 1.0);
    vec2 room = vec2(1.25, 0.92) / scale;
    vec3 from = vec3(0.34 * room.x * sin(0.31 * t + seed), -0.12 * room.y + 0.02 * sin(5.0 * t), 2.2 * t + seed * 11.0);
    float turn = 0.13 * sin(0.23 * t + seed);
    vec3 way = normalize(vec3(uv, 0.82));
    way.xz = mat2(cos(turn), -sin(turn), sin(turn), cos(turn)) * way.xz;
    way.xy += bend * vec2(0.05 * sin(0.4 * t), 0.02 * cos(0.5 * t));
    way = normalize(way + vec3(1e-4));
    vec4 hit = leave(from, way, room);
    vec3 picture = paint(hit, t, room);
    float length_to = hit.z - from.z;
    if (hit.w == 1.0) {
        vec3 mirror = vec3(way.x, -way.y, way.z);
        vec4 second = leave(hit.xyz + vec3(0.0, 0.001, 0.0), mirror, room);
        float glance = 0.10 + 0.75 * pow(1.0 - abs(way.y), 4.0);
        picture += paint(second, t, room) * glance * exp(-0.03 * (second.z - hit.z));
    }
    picture *= 1.5;
    float fog = 1.0 - exp(-0.055 * length_to);
    picture = mix(picture, tone.rgb * 0.55 + light.rgb * 0.22, fog * fog);
    picture += light.rgb * 0.20 * exp(-5.0 * length(uv + vec2(turn * 0.8, 0.0)));
    picture *= 1.0 - 0.7 * dot(uv, uv);
    picture += (hash(gl_FragCoord.xy + fract(TIME) * 91.0) - 0.5) * 0.014;
    gl_FragColor = vec4(picture, 1.0);
}
