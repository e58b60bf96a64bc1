-- Counts what a transaction has written down, at its commit: addresses first, then autonomous systems, each in
-- ascending order, so that two programs that write wait for each other and never deadlock for this.
DECLARE
    me CONSTANT xid8 := pg_current_xact_id();
    -- Sessions of ours are new; those that another program stores use up what was claimed of them.
    is_ours CONSTANT boolean := current_setting('ipcascade.own_sessions', true)
        IS NOT DISTINCT FROM me::text;
    sources text[];
    come bigint[];
    gone bigint[];
    unseen bigint;
    numbers bigint[];
    counts bigint[];
    sessions bigint[];
    firsts timestamptz[];
    lasts timestamptz[];
    spans_from timestamptz[];
    spans_to timestamptz[];
    made bigint[];
BEGIN
    -- Each row that was written down calls this; the first call settles all. What is written down from here on,
    -- also by triggers of others on what is written here, calls it again.
    IF current_setting('ipcascade.settled', true) IS NOT DISTINCT FROM me::text THEN
        RETURN NULL;
    END IF;
    PERFORM set_config('ipcascade.settled', me::text, true);
    WITH taken AS (
        DELETE FROM ipcascade_pending_sessions WHERE tx = me RETURNING source_ip, added, removed
    )
    SELECT array_agg(t.source_ip), array_agg(t.come), array_agg(t.gone) INTO sources, come, gone
    FROM (
        SELECT source_ip, sum(added)::bigint AS come, sum(removed)::bigint AS gone
        FROM taken GROUP BY source_ip
    ) t;
    IF sources IS NOT NULL THEN
        SELECT count(*) FILTER (WHERE session_rows IS NULL) INTO unseen
        FROM (
            SELECT session_rows FROM ip_inventory WHERE ip_address = ANY (sources)
            ORDER BY ip_address FOR NO KEY UPDATE
        ) locked;
        UPDATE ip_inventory i
        SET session_count = greatest(CASE
                WHEN c.come = 0 THEN coalesce(i.session_count, 0)
                WHEN is_ours THEN coalesce(i.session_count, 0) + c.come
                ELSE greatest(i.session_count, i.session_rows + c.come + i.sessions_without_row)
            END - c.gone, 0),
            session_rows = greatest(i.session_rows + c.come - c.gone, 0)
        FROM unnest(sources, come, gone) AS c (source_ip, come, gone)
        WHERE i.ip_address = c.source_ip AND i.session_rows IS NOT NULL;
        -- A row without `session_rows` was there before adoption: its sessions are looked at now. In a
        -- statement of its own: what PostgreSQL expects of the look-ups makes it compile the plan (JIT),
        -- which takes longer than all the rest.
        IF unseen > 0 THEN
            UPDATE ip_inventory i
            SET session_count = CASE
                    WHEN c.come > 0 THEN
                        greatest(c.come + greatest(coalesce(i.session_count, 0), c.before) - c.gone, 0)
                    ELSE greatest(coalesce(i.session_count, 0) - c.gone, 0)
                END,
                sessions_without_row = greatest(0, coalesce(i.session_count, 0) - CASE
                    WHEN c.come > 0 THEN c.before
                    ELSE c.gone + c.stored
                END),
                session_rows = c.stored
            FROM (
                SELECT s.*, s.stored - s.come + s.gone AS before
                FROM (
                    SELECT u.source_ip, u.come, u.gone,
                        (SELECT count(*) FROM session_summaries s WHERE s.source_ip = u.source_ip)
                            AS stored
                    FROM unnest(sources, come, gone) AS u (source_ip, come, gone)
                ) s
            ) c
            WHERE i.ip_address = c.source_ip AND i.session_rows IS NULL;
        END IF;
    END IF;
    WITH taken AS (
        DELETE FROM ipcascade_pending_addresses p WHERE tx = me RETURNING p.*
    )
    SELECT array_agg(t.asn), array_agg(t.n), array_agg(t.s), array_agg(t.f), array_agg(t.l),
           array_agg(t.span_from), array_agg(t.span_to)
    INTO numbers, counts, sessions, firsts, lasts, spans_from, spans_to
    FROM (
        SELECT p.asn, sum(p.addresses)::bigint AS n, sum(p.sessions)::bigint AS s,
               min(p.first_seen) AS f, max(p.last_seen) AS l,
               min(p.span_from) AS span_from, max(p.span_to) AS span_to
        FROM taken p GROUP BY p.asn ORDER BY p.asn
    ) t;
    IF numbers IS NOT NULL THEN
        -- An AS without a row gets one, also for an address that leaves: anybody else who makes it, such as a
        -- backfill, waits until this transaction ends or is waited for, so that no address is missed by both.
        -- Adding the row counts all its addresses, those of this transaction included.
        WITH new AS (
            {missing_asns} RETURNING asn_number
        )
        SELECT coalesce(array_agg(asn_number::bigint), '{}') INTO made FROM new;
        PERFORM 1 FROM asn_inventory WHERE asn_number = ANY (numbers)
        ORDER BY asn_number FOR NO KEY UPDATE;
        UPDATE asn_inventory a
        SET unique_ip_count = greatest(a.unique_ip_count + c.n, 0),
            total_session_count = greatest(a.total_session_count + c.s, 0),
            first_seen = least(a.first_seen, c.f),
            last_seen = greatest(a.last_seen, c.l),
            updated_at = now()
        FROM unnest(numbers, counts, sessions, firsts, lasts) AS c (asn, n, s, f, l)
        WHERE a.asn_number = c.asn AND c.asn <> ALL (made)
          AND (c.n <> 0 OR c.s <> 0 OR c.f < a.first_seen OR c.l > a.last_seen);
    END IF;
    RETURN NULL;
END
