//! The formats of well-known lists, as their publishers describe them, and what a hit on them means.

use ipcascade_core::field::Field;
use serde_json::Value;

/// The format of a well-known list.
#[derive(Debug)]
pub(crate) struct Preset {
    pub(crate) name: &'static str,
    /// Where its files come from.
    pub(crate) source: &'static str,
    /// The fields that a hit sets to a constant.
    fields: &'static [(Field, PresetValue)],
    /// Where its JSON has entries; empty if it is text.
    pub(crate) addresses: &'static [&'static str],
    /// The keys of its JSON that hold more fields.
    pub(crate) from: &'static [(Field, &'static str)],
}

#[derive(Clone, Copy, Debug)]
enum PresetValue {
    Yes,
    Text(&'static str),
}

impl Preset {
    /// Returns the preset called `name`.
    pub(crate) fn of(name: &str) -> Option<&'static Self> {
        ALL.iter().find(|preset| preset.name == name)
    }

    /// Returns the names of all presets.
    pub(crate) fn names() -> Vec<&'static str> {
        ALL.iter().map(|preset| preset.name).collect()
    }

    pub(crate) fn fields(&self) -> impl Iterator<Item = (Field, Value)> {
        let fields = self.fields.iter();
        fields.map(|(field, said)| match said {
            PresetValue::Yes => (*field, Value::Bool(true)),
            PresetValue::Text(text) => (*field, Value::from(*text)),
        })
    }
}

const ALL: &[Preset] = &[
    Preset {
        name: "tor",
        source: "https://check.torproject.org/torbulkexitlist",
        fields: &[(Field::IS_TOR, PresetValue::Yes)],
        addresses: &[],
        from: &[],
    },
    Preset {
        name: "aws",
        source: "https://ip-ranges.amazonaws.com/ip-ranges.json",
        fields: &[
            (Field::CLOUD, PresetValue::Text("aws")),
            (Field::IS_HOSTING, PresetValue::Yes),
        ],
        addresses: &["prefixes.*.ip_prefix", "ipv6_prefixes.*.ipv6_prefix"],
        from: &[(Field::CLOUD_REGION, "region")],
    },
    Preset {
        name: "gcp",
        source: "https://www.gstatic.com/ipranges/cloud.json",
        fields: &[
            (Field::CLOUD, PresetValue::Text("gcp")),
            (Field::IS_HOSTING, PresetValue::Yes),
        ],
        addresses: &["prefixes.*.ipv4Prefix", "prefixes.*.ipv6Prefix"],
        from: &[(Field::CLOUD_REGION, "scope")],
    },
    Preset {
        name: "azure",
        source: "https://www.microsoft.com/en-us/download/details.aspx?id=56519",
        fields: &[
            (Field::CLOUD, PresetValue::Text("azure")),
            (Field::IS_HOSTING, PresetValue::Yes),
        ],
        addresses: &["values.*.properties.addressPrefixes.*"],
        from: &[(Field::CLOUD_REGION, "region")],
    },
    Preset {
        name: "oracle",
        source: "https://docs.oracle.com/en-us/iaas/tools/public_ip_ranges.json",
        fields: &[
            (Field::CLOUD, PresetValue::Text("oracle")),
            (Field::IS_HOSTING, PresetValue::Yes),
        ],
        addresses: &["regions.*.cidrs.*.cidr"],
        from: &[(Field::CLOUD_REGION, "region")],
    },
    Preset {
        name: "cloudflare",
        source: "https://www.cloudflare.com/ips-v4 and https://www.cloudflare.com/ips-v6",
        fields: &[
            (Field::CLOUD, PresetValue::Text("cloudflare")),
            (Field::IS_HOSTING, PresetValue::Yes),
        ],
        addresses: &["result.ipv4_cidrs.*", "result.ipv6_cidrs.*"],
        from: &[],
    },
    Preset {
        name: "firehol",
        source: "https://iplists.firehol.org/",
        fields: &[(Field::IS_BLOCKLISTED, PresetValue::Yes)],
        addresses: &[],
        from: &[],
    },
    Preset {
        name: "spamhaus-drop",
        source: "https://www.spamhaus.org/drop/drop_v4.json and https://www.spamhaus.org/drop/drop_v6.json",
        fields: &[(Field::IS_BLOCKLISTED, PresetValue::Yes)],
        addresses: &["cidr"],
        from: &[],
    },
    Preset {
        name: "x4bnet-vpn",
        source: "https://raw.githubusercontent.com/X4BNet/lists_vpn/main/output/vpn/ipv4.txt",
        fields: &[(Field::IS_VPN, PresetValue::Yes)],
        addresses: &[],
        from: &[],
    },
    Preset {
        name: "x4bnet-datacenter",
        source: "https://raw.githubusercontent.com/X4BNet/lists_vpn/main/output/datacenter/ipv4.txt",
        fields: &[(Field::IS_HOSTING, PresetValue::Yes)],
        addresses: &[],
        from: &[],
    },
];
