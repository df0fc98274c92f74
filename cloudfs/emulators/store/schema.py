"""The tables.

Numbers of time are milliseconds since 1970. An account owns trees: the folder at the top of
one has no parent and is named in `roots`. The top of a deleted tree has no parent either; it
is named in `bin`, and every node of that tree carries its id in `nodes.bin`, so that "live"
is one comparison. A node of kind `mount` stands for a folder of somebody else (`target`).

A name is looked up by its key, which is the name itself where case matters. Nothing here
forbids two children of one name: what a service allows is the business of its emulator.

A blob that loses a reference is noted in `loose`, by triggers, because rows also go by
cascade; `Blobs.sweep` then looks whether it was the last.
"""

VERSION = 2

SCHEMA = """
CREATE TABLE accounts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    password TEXT NOT NULL,               -- in clear: the protocols compare digests of their own
    quota INTEGER,                        -- bytes; NULL: what the emulator's settings say
    created INTEGER NOT NULL,
    last_login INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0,  -- refused logins in a row
    locked_until INTEGER NOT NULL DEFAULT 0,
    used INTEGER NOT NULL DEFAULT 0,      -- bytes of its live files; kept by triggers on nodes
    stamp INTEGER NOT NULL DEFAULT 0,     -- the last stamp given out for this account
    bin_stamp INTEGER NOT NULL DEFAULT 0  -- changes with every change of its bin
);
CREATE TABLE logins (
    login TEXT PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE
);
CREATE TABLE tokens (
    token TEXT PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,              -- names the token without giving it away
    account INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    created INTEGER NOT NULL,
    expires INTEGER,                      -- NULL: never
    label TEXT NOT NULL
);

CREATE TABLE blobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    digest TEXT NOT NULL,
    size INTEGER NOT NULL,
    UNIQUE (digest, size)
);
CREATE TABLE loose (blob INTEGER PRIMARY KEY);

CREATE TABLE nodes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    owner INTEGER NOT NULL REFERENCES accounts,
    author INTEGER NOT NULL REFERENCES accounts,
    parent INTEGER REFERENCES nodes DEFERRABLE INITIALLY DEFERRED,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    kind TEXT NOT NULL,                   -- folder, file or mount
    target INTEGER REFERENCES nodes DEFERRABLE INITIALLY DEFERRED,
    current INTEGER,                      -- the version of a file that counts
    size INTEGER NOT NULL DEFAULT 0,      -- of that version
    created INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    client_created INTEGER,
    client_modified INTEGER,
    stamp INTEGER NOT NULL DEFAULT 0,     -- changes with whatever a listing of the node shows
    bin INTEGER                           -- top of the deleted tree that this is a part of
);
CREATE INDEX nodes_children ON nodes (parent, name_key);
CREATE INDEX nodes_owner ON nodes (owner);
CREATE INDEX nodes_mounts ON nodes (target) WHERE target IS NOT NULL;
CREATE INDEX nodes_bin ON nodes (bin) WHERE bin IS NOT NULL;

CREATE TRIGGER nodes_more AFTER INSERT ON nodes WHEN new.bin IS NULL
    BEGIN UPDATE accounts SET used = used + new.size WHERE id = new.owner; END;
CREATE TRIGGER nodes_less AFTER DELETE ON nodes WHEN old.bin IS NULL AND old.size > 0
    BEGIN UPDATE accounts SET used = used - old.size WHERE id = old.owner; END;
CREATE TRIGGER nodes_other AFTER UPDATE OF owner, size, bin ON nodes BEGIN
    UPDATE accounts SET used = used - old.size WHERE id = old.owner AND old.bin IS NULL;
    UPDATE accounts SET used = used + new.size WHERE id = new.owner AND new.bin IS NULL;
END;

CREATE TABLE roots (
    account INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    space TEXT NOT NULL,
    node INTEGER NOT NULL REFERENCES nodes,
    PRIMARY KEY (account, space)
);

CREATE TABLE versions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,             -- 24 hexadecimal digits
    node INTEGER NOT NULL REFERENCES nodes ON DELETE CASCADE,
    number INTEGER NOT NULL,              -- what the service calls the version
    blob INTEGER NOT NULL REFERENCES blobs,
    kind TEXT NOT NULL,                   -- how it came to be
    made INTEGER NOT NULL,
    author INTEGER NOT NULL REFERENCES accounts,
    client_created INTEGER,
    client_modified INTEGER,
    origin INTEGER                        -- `made` of the version that this one brings back
);
CREATE INDEX versions_node ON versions (node, id);
CREATE INDEX versions_blob ON versions (blob);
CREATE TRIGGER versions_loose AFTER DELETE ON versions
    BEGIN INSERT OR IGNORE INTO loose VALUES (old.blob); END;

CREATE TABLE uploads (
    name TEXT PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    expires INTEGER NOT NULL,
    data TEXT NOT NULL                    -- what the emulator wants to remember, as JSON
);
CREATE TABLE parts (
    upload TEXT NOT NULL REFERENCES uploads ON DELETE CASCADE,
    number INTEGER NOT NULL,
    blob INTEGER NOT NULL REFERENCES blobs,
    PRIMARY KEY (upload, number)
);
CREATE INDEX parts_blob ON parts (blob);
CREATE TRIGGER parts_loose AFTER DELETE ON parts
    BEGIN INSERT OR IGNORE INTO loose VALUES (old.blob); END;

CREATE TABLE bin (
    node INTEGER PRIMARY KEY REFERENCES nodes ON DELETE CASCADE,
    account INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    name TEXT NOT NULL UNIQUE,            -- opaque
    path TEXT NOT NULL,                   -- where it was, in its owner's eyes
    parent INTEGER,                       -- the folder it was in
    scope INTEGER,                        -- the shared folder it was deleted from, if any
    deleted INTEGER NOT NULL,
    deleted_by INTEGER NOT NULL REFERENCES accounts
);
CREATE INDEX bin_account ON bin (account);

CREATE TABLE changes (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    account INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,  -- who may see it
    stamp INTEGER NOT NULL,               -- grows strictly within an account
    kind TEXT NOT NULL,
    actor INTEGER NOT NULL REFERENCES accounts,
    node INTEGER,
    data TEXT NOT NULL                    -- the rest, as JSON
);
CREATE INDEX changes_account ON changes (account, stamp);
CREATE INDEX changes_node ON changes (node);

CREATE TABLE links (
    key TEXT PRIMARY KEY,
    node INTEGER NOT NULL REFERENCES nodes ON DELETE CASCADE,
    account INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    created INTEGER NOT NULL,
    expires INTEGER,
    password TEXT,
    most INTEGER,                         -- downloads allowed; NULL: no limit
    used INTEGER NOT NULL DEFAULT 0,
    upload INTEGER NOT NULL DEFAULT 0,    -- for uploads instead of downloads
    notify INTEGER NOT NULL DEFAULT 0,
    blocked INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX links_node ON links (node);

CREATE TABLE shared_folders (
    node INTEGER PRIMARY KEY REFERENCES nodes ON DELETE CASCADE,
    key TEXT NOT NULL UNIQUE
);
CREATE TABLE shares (
    key TEXT PRIMARY KEY,                 -- names the invitation
    node INTEGER NOT NULL REFERENCES shared_folders ON DELETE CASCADE,
    member INTEGER REFERENCES accounts ON DELETE CASCADE,  -- NULL: whoever has the key
    writer INTEGER NOT NULL,
    state TEXT NOT NULL,                  -- invited, accepted or declined
    invitation TEXT NOT NULL,
    mount INTEGER REFERENCES nodes ON DELETE SET NULL
);
CREATE INDEX shares_node ON shares (node);
CREATE INDEX shares_member ON shares (member);

CREATE TABLE grants (                     -- access to one entry, where members mount nothing
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    node INTEGER NOT NULL REFERENCES nodes ON DELETE CASCADE,
    giver INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    member INTEGER REFERENCES accounts ON DELETE CASCADE,  -- NULL: everybody
    level TEXT NOT NULL,                  -- what the service calls the extent of it
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    expires INTEGER,
    password TEXT
);
CREATE INDEX grants_node ON grants (node);
CREATE INDEX grants_member ON grants (member);

CREATE TABLE favourites (
    account INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    node INTEGER NOT NULL REFERENCES nodes ON DELETE CASCADE,
    PRIMARY KEY (account, node)
);

CREATE TABLE records (                    -- what only one protocol knows about
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    account INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
    due INTEGER,                          -- something is to be done then
    expires INTEGER,                      -- forgotten then; NULL: never
    data TEXT NOT NULL,                   -- JSON
    PRIMARY KEY (kind, key)
);
CREATE INDEX records_due ON records (kind, due) WHERE due IS NOT NULL;

CREATE TABLE numbers (                    -- ids as a protocol counts them
    space TEXT NOT NULL,
    number INTEGER NOT NULL,
    node INTEGER NOT NULL UNIQUE REFERENCES nodes ON DELETE CASCADE,
    PRIMARY KEY (space, number)
);
CREATE TABLE counters (
    space TEXT PRIMARY KEY,
    last INTEGER NOT NULL                 -- a number that was given is never given again
);

CREATE VIEW entries AS
    SELECT n.id, n.owner, n.author, n.parent, n.name, n.kind, n.target, n.size, n.created,
        n.modified, n.client_created, n.client_modified, n.stamp, n.bin, n.name_key,
        n.current AS version, coalesce(v.number, 0) AS number, v.blob, b.digest
    FROM nodes n LEFT JOIN versions v ON v.id = n.current LEFT JOIN blobs b ON b.id = v.blob;
"""
