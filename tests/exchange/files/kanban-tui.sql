CREATE TABLE tasks (
    task_id INTEGER PRIMARY KEY, title TEXT NOT NULL, column INTEGER NOT NULL, category INTEGER,
    description TEXT, creation_date DATETIME NOT NULL, start_date DATETIME, finish_date DATETIME,
    due_date DATETIME, board_id INTEGER, metadata TEXT DEFAULT '{}', CHECK (title <> "")
);
CREATE TABLE boards (
    board_id INTEGER PRIMARY KEY, name TEXT NOT NULL, icon TEXT, creation_date DATETIME NOT NULL,
    reset_column INTEGER DEFAULT NULL, start_column INTEGER DEFAULT NULL, finish_column INTEGER DEFAULT NULL
);
CREATE TABLE columns (
    column_id INTEGER PRIMARY KEY, name TEXT NOT NULL, visible BOOLEAN, position INTEGER, board_id INTEGER
);
CREATE TABLE categories (category_id INTEGER PRIMARY KEY, name TEXT NOT NULL, color TEXT NOT NULL);
CREATE TABLE audits (
    event_id INTEGER PRIMARY KEY, event_timestamp DATETIME NOT NULL, event_type TEXT NOT NULL,
    object_type TEXT NOT NULL, object_id INTEGER NOT NULL, object_field TEXT, value_old TEXT, value_new TEXT
);
CREATE TABLE dependencies (
    dependency_id INTEGER PRIMARY KEY, task_id INTEGER NOT NULL, depends_on_task_id INTEGER NOT NULL
);
INSERT INTO boards VALUES (1, 'Kanban Board', '', '2026-01-01T09:00:00', 1, 2, 3);
INSERT INTO columns VALUES (1, 'Ready', 1, 1, 1), (2, 'Doing', 1, 2, 1), (3, 'Done', 1, 3, 1), (4, 'Archive', 0, 4, 1);
INSERT INTO categories VALUES (1, 'nlp', '#FF0000');
INSERT INTO tasks VALUES
    (1, 'Focal loss', 3, 1, 'two
lines', '2026-01-05T09:00:00', '2026-01-06T09:00:00', '2026-01-09T09:00:00', '2026-01-15T00:00:00', 1, '{}'),
    (2, 'Baseline', 2, NULL, NULL, '2026-01-05T09:00:00', '2026-01-07T09:00:00', NULL, NULL, 1, '{}');
INSERT INTO dependencies VALUES (1, 2, 1);
INSERT INTO audits VALUES
    (1, '2026-01-05 08:00:00', 'CREATE', 'task', 1, NULL, NULL, NULL),
    (2, '2026-01-06 08:00:00', 'UPDATE', 'task', 1, 'column', '1', '2'),
    (3, '2026-01-09 08:00:00', 'UPDATE', 'task', 1, 'column', '2', '3');
