BEGIN
    {unless_ours}
    -- What this transaction has written down is among what is counted now.
    DELETE FROM ipcascade_pending_addresses p
    WHERE p.tx = pg_current_xact_id() AND p.asn IN (SELECT added.asn_number FROM added);
    UPDATE asn_inventory a
    SET unique_ip_count = c.n, total_session_count = c.s,
        first_seen = least(a.first_seen, c.f), last_seen = greatest(a.last_seen, c.l)
    FROM (
        SELECT added.asn_number, counted.n, counted.s, counted.f, counted.l
        FROM added
        CROSS JOIN LATERAL (
            SELECT count(*) AS n, coalesce(sum(i.session_count), 0)::bigint AS s,
                   min(i.first_seen) AS f, max(i.last_seen) AS l
            FROM ip_inventory i WHERE i.current_asn = added.asn_number
        ) AS counted
    ) c
    WHERE a.asn_number = c.asn_number
      AND (a.unique_ip_count <> c.n OR a.total_session_count <> c.s
           OR c.f < a.first_seen OR c.l > a.last_seen);
    RETURN NULL;
END
