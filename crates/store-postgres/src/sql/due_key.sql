DECLARE
    obtained text;
    retry timestamptz;
BEGIN
    -- Nearly all times are of this form, and to read them as times takes longer than all else here.
    IF cached_at ~ ('^[1-9][0-9]{3}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))'
        'T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{6}Z$') THEN
        obtained := translate(left(cached_at, 26), 'T', ' ');
    ELSE
        obtained := to_char(ipcascade_moment(cached_at), 'YYYY-MM-DD HH24:MI:SS.US');
    END IF;
    -- Most sections have none.
    IF retry_at IS NOT NULL THEN
        retry := ipcascade_moment(retry_at);
    END IF;
    IF retry IS NOT NULL THEN
        RETURN CASE WHEN obtained IS NULL THEN 'R' ELSE 'S' END
            || to_char(retry, 'YYYY-MM-DD HH24:MI:SS.US');
    ELSIF obtained IS NULL THEN
        RETURN 'M';
    END IF;
    RETURN CASE WHEN is_found = 'false' THEN 'N' ELSE 'F' END || obtained;
END
