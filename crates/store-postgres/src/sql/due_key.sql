DECLARE
    obtained timestamptz := ipcascade_moment(cached_at);
    retry timestamptz;
BEGIN
    -- Most sections have none, and a call takes longer than all else here.
    IF retry_at IS NOT NULL THEN
        retry := ipcascade_moment(retry_at);
    END IF;
    IF retry IS NOT NULL THEN
        RETURN CASE WHEN obtained IS NULL THEN 'R' ELSE 'S' END
            || to_char(retry, 'YYYY-MM-DD HH24:MI:SS.US');
    ELSIF obtained IS NULL THEN
        RETURN 'M';
    END IF;
    RETURN CASE WHEN is_found = 'false' THEN 'N' ELSE 'F' END
        || to_char(obtained, 'YYYY-MM-DD HH24:MI:SS.US');
END
