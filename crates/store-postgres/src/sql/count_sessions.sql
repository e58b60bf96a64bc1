-- Where sessions come from and no longer come from is written down; ipcascade_settle() counts it when the
-- transaction commits.
BEGIN
    {unless_ours}
    -- Before anything is written down, which settles at once where constraints are immediate.
    PERFORM set_config('ipcascade.settled', '', true);
    IF TG_OP = 'TRUNCATE' THEN
        DELETE FROM ipcascade_pending_sessions WHERE tx = pg_current_xact_id();
        PERFORM 1 FROM ip_inventory WHERE session_rows <> 0
        ORDER BY ip_address FOR NO KEY UPDATE;
        UPDATE ip_inventory
        SET session_count = greatest(session_count - session_rows, 0), session_rows = 0
        WHERE session_rows <> 0;
        RETURN NULL;
    ELSIF TG_OP = 'INSERT' THEN
        INSERT INTO ipcascade_pending_sessions (source_ip, added, removed)
        SELECT source_ip, count(*), 0 FROM added WHERE source_ip IS NOT NULL GROUP BY 1;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO ipcascade_pending_sessions (source_ip, added, removed)
        SELECT source_ip, 0, count(*) FROM removed WHERE source_ip IS NOT NULL GROUP BY 1;
    ELSE
        INSERT INTO ipcascade_pending_sessions (source_ip, added, removed)
        SELECT v.source_ip, greatest(sum(v.n), 0), greatest(-sum(v.n), 0)
        FROM added a
        FULL JOIN removed r ON r.session_id = a.session_id
        CROSS JOIN LATERAL (VALUES (a.source_ip, 1), (r.source_ip, -1)) AS v (source_ip, n)
        WHERE v.source_ip IS NOT NULL AND a.source_ip IS DISTINCT FROM r.source_ip
        GROUP BY v.source_ip
        HAVING sum(v.n) <> 0;
    END IF;
    RETURN NULL;
END
