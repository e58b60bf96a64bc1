-- A transaction of ours counts for itself.
    IF current_setting('ipcascade.counted', true) IS NOT DISTINCT FROM pg_current_xact_id()::text THEN
        RETURN NULL;
    END IF;
