"""The catalogue's schema: the tables of `catalogue.sqlite`, their version, and where a library keeps its files.

`docs/library-format.md` describes them for other programs.
"""

from __future__ import annotations

import re

FORMAT_VERSION = 1
CATALOGUE = "catalogue.sqlite"
CLIPS = "clips"
THUMBNAILS = "thumbnails"

SLUG_PATTERN = re.compile(r"[a-z][a-z0-9_-]{0,63}")

SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- One row a source file. `path` is absolute, in the file system's own bytes; `base` begins its clips' slugs.
-- `settings` may say what a program made the clips with; preprocess has tables of its own for that.
CREATE TABLE sources (
    id INTEGER PRIMARY KEY,
    path BLOB NOT NULL UNIQUE,
    title TEXT NOT NULL,
    base TEXT NOT NULL UNIQUE,
    size INTEGER NOT NULL DEFAULT 0,
    mtime_ns INTEGER NOT NULL DEFAULT 0,
    sha256 TEXT NOT NULL DEFAULT '',
    settings TEXT NOT NULL DEFAULT '',
    verdict TEXT NOT NULL CHECK (verdict IN ('pending', 'sound', 'damaged', 'flagged', 'quarantined')),
    reason TEXT NOT NULL DEFAULT '',
    mend TEXT NOT NULL DEFAULT '',
    notes TEXT NOT NULL DEFAULT '[]'  -- JSON array of strings
);

-- What was skipped altogether, and why.
CREATE VIEW quarantine AS SELECT path, title, reason, mend FROM sources WHERE verdict = 'quarantined';

-- Spans of a source, in its own seconds, that did not decode; no clip holds them.
CREATE TABLE damage (
    source_id INTEGER NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
    from_s REAL NOT NULL,
    to_s REAL NOT NULL,
    what TEXT NOT NULL
);
CREATE INDEX damage_source ON damage (source_id);

-- `file` and `thumbnail` are relative to the library, with forward slashes. Measures are 0..1.
CREATE TABLE clips (
    id INTEGER PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    source_id INTEGER NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
    title TEXT NOT NULL,
    file TEXT NOT NULL UNIQUE,
    thumbnail TEXT NOT NULL,
    codec TEXT NOT NULL CHECK (
        codec IN ('mjpeg', 'hap', 'hap_alpha', 'hap_q', 'hap_q_alpha', 'hap_alpha_only', 'hap_r')
    ),
    width INTEGER NOT NULL CHECK (width > 0),
    height INTEGER NOT NULL CHECK (height > 0),
    rate_num INTEGER NOT NULL CHECK (rate_num > 0),
    rate_den INTEGER NOT NULL CHECK (rate_den > 0),
    frame_count INTEGER NOT NULL CHECK (frame_count > 0),
    duration_s REAL NOT NULL,
    source_in_s REAL NOT NULL,
    source_out_s REAL NOT NULL,
    bytes INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    black INTEGER NOT NULL,
    static INTEGER NOT NULL,
    brightness REAL NOT NULL,
    contrast REAL NOT NULL,
    colour REAL NOT NULL,
    warmth REAL NOT NULL,
    skin REAL NOT NULL,
    detail REAL NOT NULL,
    motion REAL NOT NULL
);
CREATE INDEX clips_source ON clips (source_id);

-- Apart from `clips`, so that a scan over the clips does not read them. `lengths` is little-endian uint32, one a
-- frame. `offsets` is NULL where the frames follow one another from `first_offset`, else little-endian uint64.
CREATE TABLE frame_tables (
    clip_id INTEGER PRIMARY KEY REFERENCES clips (id) ON DELETE CASCADE,
    first_offset INTEGER NOT NULL,
    lengths BLOB NOT NULL,
    offsets BLOB
);

-- Hashes of the show files that a run wrote. A file with another hash was edited by a person and is left alone.
CREATE TABLE written (file TEXT NOT NULL, sha256 TEXT NOT NULL, PRIMARY KEY (file, sha256)) WITHOUT ROWID;
"""
