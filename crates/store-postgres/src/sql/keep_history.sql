-- Plans are kept from the first call on, when the history may be empty and a statement change one row:
-- a look-up in the history is a scalar subquery, which goes through the index whatever is expected, and
-- rows are matched by FULL JOIN, which never compares each with each.
BEGIN
    -- A transaction of ours writes the history itself, with who said so.
    IF current_setting('ipcascade.counted', true) IS NOT DISTINCT FROM pg_current_xact_id()::text THEN
        RETURN NULL;
    END IF;
    IF TG_OP = 'TRUNCATE' THEN
        DELETE FROM ip_asn_history;
        RETURN NULL;
    ELSIF TG_OP = 'DELETE' THEN
        -- Also what our own transactions delete: they have moved what is to stay.
        DELETE FROM ip_asn_history h
        WHERE h.ip_address = ANY (ARRAY(SELECT r.ip_address FROM removed r))
          AND (SELECT 1 FROM ip_inventory i WHERE i.ip_address = h.ip_address LIMIT 1) IS NULL;
        RETURN NULL;
    END IF;
    -- The same where it leaves counting to the triggers.
    IF current_setting('ipcascade.own_sessions', true)
        IS NOT DISTINCT FROM pg_current_xact_id()::text
    THEN
        RETURN NULL;
    END IF;
    IF TG_OP = 'INSERT' THEN
        -- An address that comes back goes on with its history.
        INSERT INTO ip_asn_history (ip_address, asn_number, observed_at{history_columns})
        SELECT a.ip_address, a.current_asn, coalesce(a.asn_last_verified::timestamptz, now()){history_values}
        FROM added a
        WHERE a.current_asn BETWEEN 1 AND {greatest_asn}
          AND (SELECT 1 FROM ip_asn_history h WHERE h.ip_address = a.ip_address LIMIT 1) IS NOT NULL
          AND (SELECT 1 FROM ip_asn_history h
               WHERE h.ip_address = a.ip_address AND h.asn_number = a.current_asn LIMIT 1) IS NULL
        ON CONFLICT DO NOTHING;
        RETURN NULL;
    END IF;
    -- Both ends of a move: what the address leaves, if the history does not have it, and what it
    -- moves to. An address that was given another key goes on with the history of that one.
    WITH moved AS (
        SELECT a.ip_address, r.ip_address IS NULL AS is_new_key,
               r.current_asn AS before, a.current_asn AS after,
               coalesce(r.asn_last_verified::timestamptz, r.enrichment_updated_at::timestamptz,
                   r.first_seen::timestamptz) AS since,
               CASE WHEN a.asn_last_verified IS DISTINCT FROM r.asn_last_verified
                    THEN a.asn_last_verified::timestamptz END AS verified
        FROM added a FULL JOIN removed r ON r.ip_address = a.ip_address
        WHERE num_nulls(a.ip_address) = 0
          AND (a.current_asn IS DISTINCT FROM r.current_asn OR num_nulls(r.ip_address) = 1)
    )
    INSERT INTO ip_asn_history (ip_address, asn_number, observed_at{history_columns})
    SELECT e.ip_address, e.asn, coalesce(e.observed_at, now()){history_values}
    FROM (
        SELECT m.ip_address, m.before AS asn, m.since AS observed_at FROM moved m
        WHERE m.before IS NOT NULL
          AND (SELECT 1 FROM ip_asn_history h
               WHERE h.ip_address = m.ip_address AND h.asn_number = m.before LIMIT 1) IS NULL
        UNION ALL
        SELECT m.ip_address, m.after, m.verified FROM moved m
        WHERE NOT m.is_new_key
           OR ((SELECT 1 FROM ip_asn_history h WHERE h.ip_address = m.ip_address LIMIT 1) IS NOT NULL
               AND (SELECT 1 FROM ip_asn_history h
                    WHERE h.ip_address = m.ip_address AND h.asn_number = m.after LIMIT 1) IS NULL)
    ) e
    WHERE e.asn BETWEEN 1 AND {greatest_asn}
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
