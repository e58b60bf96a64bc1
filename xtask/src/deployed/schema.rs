//! The tables, as SQLAlchemy creates them.

/// The kinds of deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavour {
    /// SQLite: times as text without zone, foreign keys declared but never enforced.
    Sqlite,
    /// PostgreSQL, created by the ORM: `JSON`, times without zone, no foreign keys.
    PostgresMapped,
    /// PostgreSQL after the last migration: `JSONB`, times with zone, generated columns, foreign keys that were added
    /// without checking the rows.
    PostgresMigrated,
}

const TABLES: &str = "
CREATE TABLE schema_state (
    key VARCHAR(128) NOT NULL, value VARCHAR(256) NOT NULL, PRIMARY KEY (key));
CREATE TABLE asn_inventory (
    asn_number INTEGER NOT NULL, organization_name TEXT, organization_country VARCHAR(2),
    rir_registry VARCHAR(10), asn_type TEXT,
    is_known_hosting BOOLEAN DEFAULT {false} NOT NULL, is_known_vpn BOOLEAN DEFAULT {false} NOT NULL,
    first_seen {time} NOT NULL, last_seen {time} NOT NULL,
    unique_ip_count INTEGER DEFAULT '0' NOT NULL, total_session_count INTEGER DEFAULT '0' NOT NULL,
    enrichment {json} DEFAULT '{}' NOT NULL, enrichment_updated_at {time},
    created_at {time} DEFAULT CURRENT_TIMESTAMP NOT NULL,
    updated_at {time} DEFAULT CURRENT_TIMESTAMP NOT NULL, PRIMARY KEY (asn_number));
CREATE INDEX ix_asn_inventory_org_name ON asn_inventory (organization_name);
CREATE TABLE ip_inventory (
    ip_address VARCHAR(45) NOT NULL, current_asn INTEGER, asn_last_verified {time},
    first_seen {time} NOT NULL, last_seen {time} NOT NULL,
    session_count INTEGER DEFAULT '1' NOT NULL, enrichment {json} DEFAULT '{}' NOT NULL,
    enrichment_updated_at {time}, enrichment_version VARCHAR(10) DEFAULT '2.2',
    created_at {time} DEFAULT CURRENT_TIMESTAMP NOT NULL,
    updated_at {time} DEFAULT CURRENT_TIMESTAMP NOT NULL{generated}, PRIMARY KEY (ip_address){ip_key});
CREATE INDEX ix_ip_inventory_current_asn ON ip_inventory (current_asn);
CREATE TABLE session_summaries (
    session_id VARCHAR(64) NOT NULL, first_event_at {time}, last_event_at {time},
    event_count INTEGER DEFAULT '0' NOT NULL, command_count INTEGER NOT NULL,
    file_downloads INTEGER DEFAULT '0' NOT NULL, login_attempts INTEGER NOT NULL,
    vt_flagged BOOLEAN NOT NULL, dshield_flagged BOOLEAN DEFAULT {false} NOT NULL,
    risk_score INTEGER, matcher VARCHAR(32), ssh_key_fingerprint VARCHAR(128),
    password_hash VARCHAR(64), command_signature TEXT, ssh_key_injections INTEGER DEFAULT '0' NOT NULL,
    unique_ssh_keys INTEGER DEFAULT '0' NOT NULL, source_files {json}, canonical_key VARCHAR(64),
    longtail_score REAL, country VARCHAR(2), protocol VARCHAR(16) NOT NULL,
    closed_at {time}, duration_seconds REAL DEFAULT '0' NOT NULL, note TEXT,
    source_ip VARCHAR(45), snapshot_asn INTEGER, snapshot_country VARCHAR(2), snapshot_ip_type TEXT,
    enrichment {json}, enrichment_at {time},
    created_at {time} DEFAULT CURRENT_TIMESTAMP NOT NULL,
    updated_at {time} DEFAULT CURRENT_TIMESTAMP NOT NULL, PRIMARY KEY (session_id){session_key});
CREATE TABLE ip_asn_history (
    ip_address VARCHAR(45) NOT NULL, asn_number INTEGER NOT NULL, observed_at {time} NOT NULL,
    verification_source VARCHAR(50), PRIMARY KEY (ip_address, asn_number, observed_at));
CREATE TABLE raw_events (id INTEGER NOT NULL, session_id VARCHAR(64), payload {json}, PRIMARY KEY (id));
";

const SQLITE_GENERATED: &str = ",
    geo_country VARCHAR(2) GENERATED ALWAYS AS
        (upper(CASE WHEN json_valid(enrichment) THEN coalesce(json_extract(enrichment,
        '$.maxmind.country'), json_extract(enrichment, '$.cymru.country'), 'XX') ELSE 'XX' END))";

const POSTGRES_GENERATED: &str = ",
    geo_country VARCHAR(64) GENERATED ALWAYS AS (upper(coalesce(enrichment->'maxmind'->>'country',
        enrichment->'cymru'->>'country', enrichment->'dshield'->'ip'->>'ascountry', 'XX'))) STORED,
    is_scanner BOOLEAN GENERATED ALWAYS AS
        (coalesce((enrichment->'greynoise'->>'noise')::boolean, false)) STORED,
    is_bogon BOOLEAN GENERATED ALWAYS AS
        (coalesce((enrichment->'validation'->>'is_bogon')::boolean, false)) STORED,
    ip_types TEXT[]";

/// The statements that create the tables.
pub fn schema(flavour: Flavour) -> String {
    let (time, json, generated, keys) = match flavour {
        Flavour::Sqlite => ("DATETIME", "JSON", SQLITE_GENERATED, true),
        Flavour::PostgresMapped => ("TIMESTAMP WITHOUT TIME ZONE", "JSON", "", false),
        Flavour::PostgresMigrated => (
            "TIMESTAMP WITH TIME ZONE",
            "JSONB",
            POSTGRES_GENERATED,
            false,
        ),
    };
    let keys = |key: &'static str| if keys { key } else { "" };
    TABLES
        .replace("{time}", time)
        .replace("{json}", json)
        .replace(
            "{false}",
            if flavour == Flavour::Sqlite {
                "0"
            } else {
                "false"
            },
        )
        .replace("{generated}", generated)
        .replace(
            "{ip_key}",
            keys(", FOREIGN KEY(current_asn) REFERENCES asn_inventory (asn_number)"),
        )
        .replace(
            "{session_key}",
            keys(", FOREIGN KEY(source_ip) REFERENCES ip_inventory (ip_address)"),
        )
}

/// The statement that adds the keys which were added after the rows.
pub const fn keys_after_the_rows(flavour: Flavour) -> &'static str {
    match flavour {
        Flavour::PostgresMigrated => {
            "ALTER TABLE ip_inventory ADD CONSTRAINT fk_ip_current_asn FOREIGN KEY (current_asn) \
             REFERENCES asn_inventory (asn_number) NOT VALID; \
             ALTER TABLE session_summaries ADD CONSTRAINT fk_session_source_ip FOREIGN KEY \
             (source_ip) REFERENCES ip_inventory (ip_address) NOT VALID"
        }
        Flavour::Sqlite | Flavour::PostgresMapped => "SELECT 1",
    }
}
