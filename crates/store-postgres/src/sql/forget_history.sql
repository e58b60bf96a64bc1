BEGIN
    -- A foreign key, which is tested before a trigger of the statement fires, would keep a program from
    -- deleting an address that it has moved before.
    DELETE FROM ip_asn_history WHERE ip_address = OLD.ip_address;
    RETURN OLD;
END
