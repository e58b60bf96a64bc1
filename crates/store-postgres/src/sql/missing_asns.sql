INSERT INTO asn_inventory (asn_number, is_known_hosting, is_known_vpn, first_seen, last_seen,
    unique_ip_count, total_session_count, enrichment, created_at, updated_at{columns})
SELECT c.asn, FALSE, FALSE, coalesce(c.f, c.l, now()), coalesce(c.l, c.f, now()), 0, 0,
    '{}', now(), now(){values}
FROM unnest(numbers, spans_from, spans_to) AS c (asn, f, l)
WHERE c.asn BETWEEN 1 AND {greatest_asn}
  AND NOT EXISTS (SELECT 1 FROM asn_inventory a WHERE a.asn_number = c.asn)
ORDER BY c.asn
ON CONFLICT DO NOTHING
