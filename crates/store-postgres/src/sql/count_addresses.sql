-- What a statement changes of the counts of autonomous systems is written down; ipcascade_settle() adds it up
-- when the transaction commits.
DECLARE
    numbers bigint[];
    spans_from timestamptz[];
    spans_to timestamptz[];
    recounted text[];
    stated text[];
    stored_rows bigint[];
    without_rows bigint[];
    totals bigint[];
BEGIN
    {unless_ours}
    -- Before anything is written down, which settles at once where constraints are immediate.
    PERFORM set_config('ipcascade.settled', '', true);
    IF TG_OP = 'TRUNCATE' THEN
        DELETE FROM ipcascade_pending_addresses WHERE tx = pg_current_xact_id();
        PERFORM 1 FROM asn_inventory ORDER BY asn_number FOR NO KEY UPDATE;
        UPDATE asn_inventory SET unique_ip_count = 0, total_session_count = 0, updated_at = now()
        WHERE unique_ip_count <> 0 OR total_session_count <> 0;
        RETURN NULL;
    ELSIF TG_OP = 'INSERT' THEN
        WITH noted AS (
            INSERT INTO ipcascade_pending_addresses
                (asn, addresses, sessions, first_seen, last_seen, span_from, span_to)
            SELECT current_asn::bigint, count(*), coalesce(sum(greatest(session_count, 0)), 0)::bigint,
                   min(first_seen)::timestamptz, max(last_seen)::timestamptz,
                   min(first_seen)::timestamptz, max(last_seen)::timestamptz
            FROM added WHERE current_asn IS NOT NULL GROUP BY 1
            RETURNING asn, span_from, span_to
        )
        SELECT array_agg(asn), array_agg(span_from), array_agg(span_to)
        INTO numbers, spans_from, spans_to FROM noted;
    ELSIF TG_OP = 'DELETE' THEN
        WITH noted AS (
            INSERT INTO ipcascade_pending_addresses
                (asn, addresses, sessions, first_seen, last_seen, span_from, span_to)
            SELECT current_asn::bigint, -count(*), -coalesce(sum(greatest(session_count, 0)), 0)::bigint,
                   NULL, NULL, min(first_seen)::timestamptz, max(last_seen)::timestamptz
            FROM removed WHERE current_asn IS NOT NULL GROUP BY 1
            RETURNING asn, span_from, span_to
        )
        SELECT array_agg(asn), array_agg(span_from), array_agg(span_to)
        INTO numbers, spans_from, spans_to FROM noted;
    ELSE
        WITH noted AS (
            INSERT INTO ipcascade_pending_addresses
                (asn, addresses, sessions, first_seen, last_seen, span_from, span_to)
            SELECT v.asn, sum(v.n)::bigint, sum(v.s)::bigint,
                   min(v.f) FILTER (WHERE v.n > 0 AND v.is_new),
                   max(v.l) FILTER (WHERE v.n > 0 AND v.is_new),
                   min(v.f), max(v.l)
            FROM added a
            -- Not a plain JOIN, of which a plan made for one row would serve for many.
            FULL JOIN removed r ON r.ip_address = a.ip_address
            CROSS JOIN LATERAL (VALUES
                (a.current_asn::bigint, 1, greatest(coalesce(a.session_count, 0), 0)::bigint,
                 a.first_seen::timestamptz, a.last_seen::timestamptz,
                 (a.current_asn, a.first_seen, a.last_seen)
                    IS DISTINCT FROM (r.current_asn, r.first_seen, r.last_seen)),
                (r.current_asn::bigint, -1, -greatest(coalesce(r.session_count, 0), 0)::bigint,
                 r.first_seen::timestamptz, r.last_seen::timestamptz, FALSE)
            ) AS v (asn, n, s, f, l, is_new)
            WHERE v.asn IS NOT NULL
              AND (a.current_asn, a.session_count, a.first_seen, a.last_seen)
                  IS DISTINCT FROM (r.current_asn, r.session_count, r.first_seen, r.last_seen)
            GROUP BY v.asn
            RETURNING asn, span_from, span_to
        )
        SELECT array_agg(asn), array_agg(span_from), array_agg(span_to)
        INTO numbers, spans_from, spans_to FROM noted;
    END IF;
    -- Where foreign keys refer to rows of autonomous systems, one that is missing must be there before the
    -- history is written, and before the same address is written again. Adding it counts what has been
    -- written down.
    IF {asns_are_needed_now} AND numbers IS NOT NULL THEN
        {missing_asns};
    END IF;
    IF TG_OP = 'DELETE' OR TG_OP = 'UPDATE' AND current_setting('ipcascade.own_sessions', true)
        IS NOT DISTINCT FROM pg_current_xact_id()::text
    THEN
        RETURN NULL;
    END IF;
    -- What another program writes about sessions is its statement, what is stored is counted here. A
    -- count is at least that of the stored sessions; a greater one than before is a claim that rows
    -- may still follow.
    IF TG_OP = 'INSERT' THEN
        recounted := ARRAY(SELECT a.ip_address FROM added a);
        SELECT array_agg(c.ip_address), array_agg(c.rows), array_agg(c.without_row),
               array_agg(greatest(c.n, c.rows + c.without_row))
        INTO stated, stored_rows, without_rows, totals
        FROM (
            SELECT a.ip_address, coalesce(a.session_count, -1) AS n, a.session_rows,
                   a.sessions_without_row AS without_row,
                   (SELECT count(*) FROM session_summaries s WHERE s.source_ip = a.ip_address) AS rows
            FROM added a
        ) c
        WHERE c.session_rows IS DISTINCT FROM c.rows OR c.n < c.rows + c.without_row;
    ELSE
        recounted := ARRAY(
            SELECT a.ip_address FROM added a FULL JOIN removed r ON r.ip_address = a.ip_address
            WHERE num_nulls(a.ip_address) = 0
              AND (num_nulls(r.ip_address) = 1
                   OR a.session_rows IS NULL AND r.session_rows IS NULL
                      AND a.session_count IS DISTINCT FROM r.session_count)
        );
        SELECT array_agg(c.ip_address), array_agg(c.rows), array_agg(c.without_row),
               array_agg(c.total)
        INTO stated, stored_rows, without_rows, totals
        FROM (
            SELECT k.ip_address, coalesce(k.rows, k.stored) AS rows,
                   greatest(0, least(k.n - coalesce(k.rows, k.stored),
                       CASE WHEN k.rows IS NULL THEN k.before - k.stored ELSE k.without_row END))
                       AS without_row,
                   greatest(k.n, coalesce(k.rows, k.stored)) AS total
            FROM (
                SELECT a.ip_address, coalesce(a.session_count, 0)::bigint AS n,
                       a.session_rows AS rows, coalesce(r.session_count, 0)::bigint AS before,
                       a.sessions_without_row AS without_row,
                       CASE WHEN a.session_rows IS NULL THEN
                           (SELECT count(*) FROM session_summaries s
                            WHERE s.source_ip = a.ip_address)
                       END AS stored
                -- Not a plain JOIN, of which a plan made for one row would serve for many.
                FROM added a FULL JOIN removed r ON r.ip_address = a.ip_address
                WHERE num_nulls(a.ip_address, r.ip_address) = 0
                  AND a.session_count IS DISTINCT FROM r.session_count
                  AND a.session_rows IS NOT DISTINCT FROM r.session_rows
                  AND (a.session_rows IS NULL
                       OR coalesce(a.session_count, 0) < a.session_rows + a.sessions_without_row)
            ) k
            UNION ALL
            -- An address that was given another key has the sessions of that one.
            SELECT k.ip_address, k.rows, k.without_row, greatest(k.n, k.rows + k.without_row)
            FROM (
                SELECT a.ip_address, coalesce(a.session_count, 0)::bigint AS n,
                       a.sessions_without_row AS without_row,
                       (SELECT count(*) FROM session_summaries s
                        WHERE s.source_ip = a.ip_address) AS rows
                FROM added a FULL JOIN removed r ON r.ip_address = a.ip_address
                WHERE num_nulls(a.ip_address) = 0 AND num_nulls(r.ip_address) = 1
            ) k
        ) c;
    END IF;
    -- What this transaction has written down of their sessions is among what is counted now.
    IF recounted <> '{}' THEN
        DELETE FROM ipcascade_pending_sessions p
        WHERE p.tx = pg_current_xact_id() AND p.source_ip = ANY (recounted);
    END IF;
    IF stated IS NOT NULL THEN
        UPDATE ip_inventory i
        SET session_rows = c.rows, sessions_without_row = c.without_row, session_count = c.total
        FROM unnest(stated, stored_rows, without_rows, totals)
            AS c (ip_address, rows, without_row, total)
        WHERE i.ip_address = c.ip_address;
    END IF;
    RETURN NULL;
END
