DECLARE
    -- Sessions of ours are new; those that another program stores use up what was claimed of them.
    is_ours boolean := current_setting('ipcascade.own_sessions', true)
        IS NOT DISTINCT FROM pg_current_xact_id()::text;
    sources text[];
    counts bigint[];
    unseen bigint;
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        UPDATE ip_inventory
        SET session_count = greatest(session_count - session_rows, 0), session_rows = 0
        WHERE session_rows <> 0;
        RETURN NULL;
    ELSIF TG_OP = 'INSERT' THEN
        SELECT array_agg(source_ip), array_agg(n) INTO sources, counts
        FROM (
            SELECT source_ip, count(*) AS n FROM added WHERE source_ip IS NOT NULL GROUP BY 1
        ) changes;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(source_ip), array_agg(n) INTO sources, counts
        FROM (
            SELECT source_ip, -count(*) AS n FROM removed WHERE source_ip IS NOT NULL GROUP BY 1
        ) changes;
    ELSE
        SELECT array_agg(source_ip), array_agg(n) INTO sources, counts
        FROM (
            SELECT v.source_ip, sum(v.n)::bigint AS n
            FROM added a
            FULL JOIN removed r ON r.session_id = a.session_id
            CROSS JOIN LATERAL (VALUES (a.source_ip, 1), (r.source_ip, -1)) AS v (source_ip, n)
            WHERE v.source_ip IS NOT NULL AND a.source_ip IS DISTINCT FROM r.source_ip
            GROUP BY v.source_ip
            HAVING sum(v.n) <> 0
        ) changes;
    END IF;
    IF sources IS NULL THEN
        RETURN NULL;
    END IF;
    -- Autonomous systems before addresses, as every other writer has it: otherwise two writers
    -- deadlock.
    PERFORM 1 FROM asn_inventory
    WHERE asn_number IN (SELECT current_asn FROM ip_inventory WHERE ip_address = ANY (sources))
    ORDER BY asn_number FOR NO KEY UPDATE;
    SELECT count(*) FILTER (WHERE session_rows IS NULL) INTO unseen
    FROM (
        SELECT session_rows FROM ip_inventory WHERE ip_address = ANY (sources)
        ORDER BY ip_address FOR NO KEY UPDATE
    ) locked;
    UPDATE ip_inventory i
    SET session_count = CASE
            WHEN c.n < 0 THEN greatest(coalesce(i.session_count, 0) + c.n, 0)
            WHEN is_ours THEN coalesce(i.session_count, 0) + c.n
            ELSE greatest(i.session_count, i.session_rows + c.n + i.sessions_without_row)
        END,
        session_rows = greatest(i.session_rows + c.n, 0)
    FROM unnest(sources, counts) AS c (source_ip, n)
    WHERE i.ip_address = c.source_ip AND i.session_rows IS NOT NULL;
    -- A row without `session_rows` was there before adoption: its sessions are looked at now. In a
    -- statement of its own: what PostgreSQL expects of the look-ups makes it compile the plan (JIT),
    -- which takes longer than all the rest.
    IF unseen > 0 THEN
        UPDATE ip_inventory i
        SET session_count = CASE
                WHEN c.n > 0 THEN c.n + greatest(coalesce(i.session_count, 0), c.stored - c.n)
                ELSE greatest(coalesce(i.session_count, 0) + c.n, 0)
            END,
            sessions_without_row = greatest(0, coalesce(i.session_count, 0) + c.n - c.stored),
            session_rows = c.stored
        FROM (
            SELECT u.source_ip, u.n,
                (SELECT count(*) FROM session_summaries s WHERE s.source_ip = u.source_ip) AS stored
            FROM unnest(sources, counts) AS u (source_ip, n)
        ) c
        WHERE i.ip_address = c.source_ip AND i.session_rows IS NULL;
    END IF;
    RETURN NULL;
END
