"""The tables that preprocess adds to a library's catalogue, and the migrations that brought them about.

The player's own tables (`engine.formats.library_schema`) stay as they are: a player that knows nothing of these
reads the library all the same. Times of day (`at`) are ISO 8601 in UTC and stand in no comparison: two runs that
end alike differ in nothing else.
"""

from __future__ import annotations

# One script a version, run in order inside one transaction; version n is the state after n scripts. A script that
# was published is never changed: what it made is in people's libraries.
MIGRATIONS: tuple[str, ...] = (
    """
-- What each step made of each item, and of what: the item is redone when one of the three differs.
CREATE TABLE results (
    step TEXT NOT NULL,
    item TEXT NOT NULL,       -- a source's base, a clip's slug, or '' for a step that takes the library as a whole
    inputs TEXT NOT NULL,     -- hash of all that the result depends on, but these two:
    version INTEGER NOT NULL, -- of the step's code
    settings TEXT NOT NULL,   -- hash of the step's settings
    at TEXT NOT NULL,
    PRIMARY KEY (step, item)
) WITHOUT ROWID;

-- Items that a step could do nothing with; sources are quarantined by their own verdict instead.
CREATE TABLE failures (
    step TEXT NOT NULL,
    item TEXT NOT NULL,
    reason TEXT NOT NULL,
    mend TEXT NOT NULL,
    PRIMARY KEY (step, item)
) WITHOUT ROWID;

-- A source's pictures, ready to be cut: its mezzanine, or (file NULL) the source itself, normalised as it is read.
-- Frame indices of all other tables count this footage's frames, at its constant rate.
CREATE TABLE footage (
    base TEXT PRIMARY KEY REFERENCES sources (base) ON DELETE CASCADE,
    file TEXT,                -- of the mezzanine, relative to the library
    bytes INTEGER NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    rate_num INTEGER NOT NULL,
    rate_den INTEGER NOT NULL,
    frame_count INTEGER NOT NULL,
    alpha INTEGER NOT NULL,   -- whether it is transparent in places
    combs INTEGER NOT NULL,   -- whether the source is interlaced, and deinterlaced here
    sound INTEGER NOT NULL,
    loudness_lufs REAL,       -- integrated, of the source as found; NULL without sound
    true_peak_db REAL,
    gain_db REAL NOT NULL,    -- brings it to the loudness asked for; in the mezzanine's sound already
    pieces TEXT NOT NULL,     -- JSON [[begin, end, source_in_s], …]: whole stretches; between them something was lost
    digest TEXT NOT NULL      -- hash of what it was made of: the source's content, settings, code
) WITHOUT ROWID;

-- Which codec a source's clips get, and why; it stays as long as `inputs` do, however full the disk became since.
CREATE TABLE codec_choices (
    base TEXT PRIMARY KEY REFERENCES footage (base) ON DELETE CASCADE,
    inputs TEXT NOT NULL,     -- hash of what was chosen by, but the room on the disk
    codec TEXT NOT NULL,
    why TEXT NOT NULL
) WITHOUT ROWID;

-- A shot that was detected. Frame indices are half open: begin, end.
CREATE TABLE scenes (
    base TEXT NOT NULL REFERENCES footage (base) ON DELETE CASCADE,
    scene_index INTEGER NOT NULL,
    begin INTEGER NOT NULL,
    end INTEGER NOT NULL,
    opens_with TEXT NOT NULL CHECK (opens_with IN ('start', 'cut', 'dissolve', 'fade', 'loss')),
    PRIMARY KEY (base, scene_index)
) WITHOUT ROWID;

-- What will be a clip: a scene, or a part of a long one. Its slug is the clip's. `handle_in` and `handle_out` are
-- frames beyond begin and end that the clip's file has as well, for transitions. A fragment that the split no
-- longer makes, and that a person worked on, stays, retired: out of all schedules, nothing of it lost.
CREATE TABLE fragments (
    slug TEXT PRIMARY KEY,
    base TEXT NOT NULL REFERENCES sources (base) ON DELETE CASCADE,
    scene_index INTEGER NOT NULL,
    begin INTEGER NOT NULL,
    end INTEGER NOT NULL,
    handle_in INTEGER NOT NULL DEFAULT 0,
    handle_out INTEGER NOT NULL DEFAULT 0,
    retired INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX fragments_base ON fragments (base);
CREATE INDEX fragments_single ON fragments (slug) WHERE end = begin + 1;
CREATE INDEX fragments_retired ON fragments (slug) WHERE retired = 1;

-- What the split of a source came to, beside its fragments: the highest number that one of them ever had (numbers are
-- not given twice; 0: it had the base alone), the pages of its contact sheet, and JSON remarks on what was left out.
CREATE TABLE splits (
    base TEXT PRIMARY KEY REFERENCES sources (base) ON DELETE CASCADE,
    highest INTEGER NOT NULL,
    pages INTEGER NOT NULL,
    notes TEXT NOT NULL
) WITHOUT ROWID;

-- What was measured of a fragment: see preprocess.catalogue.values.Analysis for what each column means.
CREATE TABLE analyses (
    slug TEXT PRIMARY KEY REFERENCES fragments (slug) ON DELETE CASCADE,
    brightness REAL NOT NULL,
    contrast REAL NOT NULL,
    saturation REAL NOT NULL,
    warmth REAL NOT NULL,
    skin REAL NOT NULL,
    detail REAL NOT NULL,
    straight_lines REAL NOT NULL,
    sharpness REAL NOT NULL,
    motion REAL NOT NULL,
    motion_x REAL NOT NULL,
    motion_y REAL NOT NULL,
    zoom REAL NOT NULL,
    shake REAL NOT NULL,
    faces INTEGER NOT NULL,
    faces_share REAL NOT NULL,
    people INTEGER NOT NULL,
    people_share REAL NOT NULL,
    loudness_lufs REAL,
    loop_begin INTEGER NOT NULL,
    loop_end INTEGER NOT NULL,
    loop_quality REAL NOT NULL,
    black INTEGER NOT NULL,
    static INTEGER NOT NULL,
    colours TEXT NOT NULL,    -- JSON [[name, "#rrggbb", share], …], the largest first
    onsets_s TEXT NOT NULL,   -- JSON [seconds of the fragment, …]
    hashes BLOB NOT NULL,     -- perceptual hashes, little-endian uint64 each: four a second
    telling_index INTEGER NOT NULL,
    digest TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX analyses_black ON analyses (slug) WHERE black = 1;
CREATE INDEX analyses_static ON analyses (slug) WHERE static = 1;

-- Which fragment another one repeats. `distance` is in bits of the perceptual hashes, 0 to 64.
CREATE TABLE duplicates (
    slug TEXT PRIMARY KEY REFERENCES fragments (slug) ON DELETE CASCADE,
    of_slug TEXT NOT NULL,
    distance REAL NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('exact', 'near'))
) WITHOUT ROWID;

-- Words about a fragment, with all that came before. One row a (slug, kind) at most is current. A text that a person
-- wrote stays current; what a step makes later is kept beside it as a proposal.
CREATE TABLE texts (
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- an undone edit's text comes back by its id, which no other may have taken
    slug TEXT NOT NULL REFERENCES fragments (slug) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('caption', 'description')),
    text TEXT NOT NULL,
    origin TEXT NOT NULL,     -- person, composed, blip2, rules, language_model
    model TEXT NOT NULL DEFAULT '',
    prompt TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL CHECK (state IN ('current', 'proposal', 'superseded')),
    at TEXT NOT NULL
);
CREATE UNIQUE INDEX texts_current ON texts (slug, kind) WHERE state = 'current';
CREATE INDEX texts_slug ON texts (slug);

-- What `check` found wrong with a text, and how often `regenerate` tried.
CREATE TABLE doubts (
    slug TEXT NOT NULL REFERENCES fragments (slug) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    doubt TEXT NOT NULL,      -- empty, repeated, truncated, hallucinated, contradicts, alike
    why TEXT NOT NULL,
    origin TEXT NOT NULL,     -- of the text; tries with another origin do not count
    tries INTEGER NOT NULL DEFAULT 0,
    for_person INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (slug, kind, doubt)
) WITHOUT ROWID;

-- Tags as each origin gave them: person, analysis, caption, description. Of a person, confidence 0 takes the tag away.
CREATE TABLE given_tags (
    slug TEXT NOT NULL REFERENCES fragments (slug) ON DELETE CASCADE,
    tag TEXT NOT NULL,
    origin TEXT NOT NULL,
    confidence REAL NOT NULL,
    PRIMARY KEY (slug, tag, origin)
) WITHOUT ROWID;

-- Tags as they hold, after `normalize` and `resolve`: made anew as a whole from given_tags.
CREATE TABLE tags (
    slug TEXT NOT NULL REFERENCES fragments (slug) ON DELETE CASCADE,
    tag TEXT NOT NULL,
    confidence REAL NOT NULL,
    PRIMARY KEY (slug, tag)
) WITHOUT ROWID;
CREATE INDEX tags_tag ON tags (tag);

-- What `normalize` and `resolve` made of a given tag, and why: '' where it was dropped.
CREATE TABLE tag_changes (
    slug TEXT NOT NULL REFERENCES fragments (slug) ON DELETE CASCADE,
    step TEXT NOT NULL CHECK (step IN ('normalize', 'resolve')),
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    why TEXT NOT NULL,
    PRIMARY KEY (slug, step, before)
) WITHOUT ROWID;

-- Meaning as a vector of unit length: float16, little-endian. `text` is the hash of the words it was made from.
CREATE TABLE embeddings (
    slug TEXT NOT NULL REFERENCES fragments (slug) ON DELETE CASCADE,
    model TEXT NOT NULL,
    text TEXT NOT NULL,
    vector BLOB NOT NULL,
    PRIMARY KEY (slug, model)
) WITHOUT ROWID;

-- The model of the newest embeddings, and what a question has to be embedded with to be like them: of TF-IDF, JSON
-- {"texts": how many, "words": {word: texts that have it}}; else the identity of the weights.
CREATE TABLE embedding_model (
    model TEXT PRIMARY KEY,
    state TEXT NOT NULL
) WITHOUT ROWID;

-- The 16 most alike in meaning, nearest first, by their numbers: int32, little-endian. Numbers count the rows by slug
-- from 0 when they are written. The player reads these, of all clips at once: names would take it a second more.
CREATE TABLE neighbours (
    slug TEXT PRIMARY KEY REFERENCES fragments (slug) ON DELETE CASCADE,
    model TEXT NOT NULL,
    number INTEGER NOT NULL,
    nearest BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX neighbours_number ON neighbours (number);

-- What a person says of a fragment against the measures: black, static, duplicate, left_out; value 0 or 1.
CREATE TABLE marks (
    slug TEXT NOT NULL REFERENCES fragments (slug) ON DELETE CASCADE,
    mark TEXT NOT NULL CHECK (mark IN ('black', 'static', 'duplicate', 'left_out')),
    value INTEGER NOT NULL,
    PRIMARY KEY (slug, mark)
) WITHOUT ROWID;

-- What a person says of where a fragment belongs.
CREATE TABLE placements (
    slug TEXT NOT NULL REFERENCES fragments (slug) ON DELETE CASCADE,
    movement TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('pin', 'ban')),
    PRIMARY KEY (slug, movement)
) WITHOUT ROWID;

CREATE TABLE movements (
    name TEXT PRIMARY KEY,
    position INTEGER NOT NULL,
    description TEXT NOT NULL
) WITHOUT ROWID;

-- Which fragments a movement has, and why: a sentence for a person.
CREATE TABLE assignments (
    movement TEXT NOT NULL REFERENCES movements (name) ON DELETE CASCADE,
    slug TEXT NOT NULL REFERENCES fragments (slug) ON DELETE CASCADE,
    score REAL NOT NULL,
    pinned INTEGER NOT NULL DEFAULT 0,
    why TEXT NOT NULL,
    PRIMARY KEY (movement, slug)
) WITHOUT ROWID;
CREATE INDEX assignments_slug ON assignments (slug);

-- A movement's schedule, as its CSV has it. origin 'person' where its rows were edited; a later automatic one is then
-- kept with state 'proposal'.
CREATE TABLE schedules (
    movement TEXT NOT NULL REFERENCES movements (name) ON DELETE CASCADE,
    state TEXT NOT NULL CHECK (state IN ('current', 'proposal')),
    origin TEXT NOT NULL,
    strategy TEXT NOT NULL,
    PRIMARY KEY (movement, state)
) WITHOUT ROWID;

CREATE TABLE schedule_rows (
    movement TEXT NOT NULL,
    state TEXT NOT NULL,
    row_index INTEGER NOT NULL,
    layer TEXT NOT NULL,
    slug TEXT,                -- NULL: a gap
    start_s REAL NOT NULL,
    duration_s REAL NOT NULL,
    in_s REAL NOT NULL,
    out_s REAL,
    transition_s REAL NOT NULL,
    hint TEXT NOT NULL,
    PRIMARY KEY (movement, state, row_index),
    FOREIGN KEY (movement, state) REFERENCES schedules (movement, state) ON DELETE CASCADE
) WITHOUT ROWID;

-- The music, heard once; `track` in meta names the file that is the show's, '' for silence. JSON: onsets [[at_s,
-- strength], …], beats [[at_s, is_bar], …], sections [[begin_s, end_s, energy, label], …].
CREATE TABLE tracks (
    sha256 TEXT PRIMARY KEY,
    heard TEXT NOT NULL,      -- hash of how: code and the onsets' settings
    file TEXT NOT NULL,       -- relative to the library
    duration_s REAL NOT NULL,
    bpm REAL,
    onsets TEXT NOT NULL,
    beats TEXT NOT NULL,
    sections TEXT NOT NULL,
    waveform BLOB NOT NULL    -- the loudest sample of each twentieth of a second, 255 for full scale
) WITHOUT ROWID;

-- What a person did, with what undoes it. JSON both. `undone`: 0 done, 1 undone, 2 undone and no longer to be redone,
-- since something else was done after it.
CREATE TABLE edits (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    what TEXT NOT NULL,
    inverse TEXT NOT NULL,
    undone INTEGER NOT NULL DEFAULT 0 CHECK (undone IN (0, 1, 2)),
    at TEXT NOT NULL
);
""",
    """
-- What reading one frame of a source decodes at worst; 1 where each stands alone, as in every mezzanine.
ALTER TABLE footage ADD COLUMN seek_frames INTEGER NOT NULL DEFAULT 1;
""",
    """
-- The shader that makes a row's transition; '' leaves it to the layer.
ALTER TABLE schedule_rows ADD COLUMN transition TEXT NOT NULL DEFAULT '';
""",
    """
-- How often `regenerate` made a clip's text of this origin again, whatever was doubted. Tries outlive the doubts, which
-- come and go as other texts change, and count until `caption` or `describe` makes the text from the beginning.
CREATE TABLE tries (
    slug TEXT NOT NULL REFERENCES fragments (slug) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    origin TEXT NOT NULL,
    tries INTEGER NOT NULL,
    PRIMARY KEY (slug, kind, origin)
) WITHOUT ROWID;
""",
)
