#include "policy/state/state_query.h"

#define DEVICE "d.id, d.name, d.profile, d.grp, d.flags, d.seen_first, d.seen_last"
#define GRANT                                                                                      \
    "id, effect, scope, subject, device, what, name, target, role, from_s, until_s, who, reason"

#define LIFT                                                                                       \
    "id, state, hash, key_id, nonce, asked_by, confirmed_by, reason, asked_s, for_s, from_s,"      \
    " until_s, audit"

const char *const state_statements[STATE_STATEMENTS] = {
    [STATE_BEGIN] = "BEGIN IMMEDIATE",
    [STATE_COMMIT] = "COMMIT",
    [STATE_ROLLBACK] = "ROLLBACK",
    [STATE_DEVICE_NEW] = "INSERT INTO device (name, profile, grp, flags, seen_first, seen_last)"
                         " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    [STATE_DEVICE_CHANGE] = "UPDATE device SET name = ?1, profile = ?2, grp = ?3, flags = ?4,"
                            " seen_first = ?5, seen_last = ?6 WHERE id = ?7",
    [STATE_DEVICE_REMOVE] = "DELETE FROM device WHERE id = ?1",
    [STATE_DEVICE_GRANTS_REMOVE] = "DELETE FROM given WHERE device = ?1 AND device <> 0",
    [STATE_DEVICE_KEYS_REMOVE] = "DELETE FROM device_key WHERE device = ?1",
    [STATE_DEVICE_BY_ID] = "SELECT " DEVICE " FROM device d WHERE d.id = ?1",
    [STATE_DEVICE_BY_NAME] = "SELECT " DEVICE " FROM device d WHERE d.name = ?1 AND d.name <> ''",
    [STATE_DEVICE_BY_KEY] = "SELECT " DEVICE " FROM device_key k JOIN device d ON d.id = k.device"
                            " WHERE k.kind = ?1 AND k.octets = ?2 AND k.prefix = ?3",
    [STATE_DEVICES] = "SELECT " DEVICE " FROM device d ORDER BY d.id",
    [STATE_KEYS] = "SELECT device, kind, octets, prefix FROM device_key ORDER BY device",
    [STATE_KEY_PUT] = "INSERT INTO device_key (device, kind, octets, prefix)"
                      " VALUES (?1, ?2, ?3, ?4) ON CONFLICT (kind, octets, prefix)"
                      " DO UPDATE SET device = excluded.device",
    [STATE_KEY_REMOVE] = "DELETE FROM device_key WHERE kind = ?1 AND octets = ?2 AND prefix = ?3",
    [STATE_KEYS_OF] = "SELECT kind, octets, prefix FROM device_key WHERE device = ?1",
    [STATE_KEY_COUNT] = "SELECT count(*) FROM device_key WHERE device = ?1",
    [STATE_DEVICES_AFTER] =
        "SELECT " DEVICE " FROM device d WHERE d.id > ?1 ORDER BY d.id LIMIT ?2",
    [STATE_KEYS_COUNT] = "SELECT count(*) FROM device_key",
    [STATE_UNNAMED_COUNT] = "SELECT count(*) FROM device WHERE name = ''",
    [STATE_UNNAMED_OLDEST] = "SELECT d.id FROM device d WHERE d.name = '' AND NOT EXISTS"
                             " (SELECT 1 FROM given g WHERE g.device = d.id)"
                             " ORDER BY d.seen_last LIMIT 1",
    [STATE_GRANT_ADD] = "INSERT INTO given (effect, scope, subject, device, what, name, target,"
                        " role, from_s, until_s, who, reason)"
                        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    [STATE_GRANT_REMOVE] = "DELETE FROM given WHERE id = ?1",
    [STATE_GRANT_BY_ID] = "SELECT " GRANT " FROM given WHERE id = ?1",
    [STATE_GRANTS] = "SELECT " GRANT " FROM given ORDER BY id",
    [STATE_CHANGE_ADD] = "INSERT INTO change (at, who, what, text) VALUES (?1, ?2, ?3, ?4)",
    [STATE_CHANGES_TIDY] =
        "DELETE FROM change WHERE number <= (SELECT max(number) FROM change) - ?1",
    [STATE_CHANGES] =
        "SELECT number, at, who, what, text FROM change ORDER BY number DESC LIMIT ?1",
    [STATE_CANARY_ADD] = "INSERT INTO canary (at, result, generation) VALUES (?1, ?2, ?3)",
    [STATE_CANARIES_TIDY] =
        "DELETE FROM canary WHERE number <= (SELECT max(number) FROM canary) - ?1",
    [STATE_CANARIES] = "SELECT at, result, generation FROM canary WHERE at >= ?1 AND at < ?2"
                       " ORDER BY number",
    [STATE_CANARY_LAST] = "SELECT at, result, generation FROM canary ORDER BY number DESC LIMIT 1",
    [STATE_LIFT_ADD] = "INSERT INTO lift (state, hash, key_id, nonce, asked_by, confirmed_by,"
                       " reason, asked_s, for_s, from_s, until_s, audit)"
                       " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    [STATE_LIFT_CHANGE] = "UPDATE lift SET state = ?1, confirmed_by = ?2, from_s = ?3,"
                          " until_s = ?4, audit = ?5 WHERE id = ?6",
    [STATE_LIFT_BY_ID] = "SELECT " LIFT " FROM lift WHERE id = ?1",
    [STATE_LIFTS] = "SELECT " LIFT " FROM lift ORDER BY id DESC",
    [STATE_LIFTS_TIDY] = "DELETE FROM lift WHERE max(asked_s, until_s) < ?1",
    [STATE_AUDIT_ADD] = "INSERT INTO audit (number, at, actor, action, subject, reason, digest)"
                        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [STATE_AUDIT_AFTER] = "SELECT number, at, actor, action, subject, reason, digest FROM audit"
                          " WHERE number > ?1 ORDER BY number LIMIT ?2",
    [STATE_AUDIT_LAST] = "SELECT coalesce(max(number), 0) FROM audit",
    [STATE_AUDIT_GIVEN] =
        "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'audit'), 0)",
    [STATE_AUDIT_GUARDS] = "SELECT count(*) FROM sqlite_schema WHERE type = 'trigger'"
                           " AND tbl_name = 'audit' AND sql LIKE '%RAISE(ABORT%'",
};
