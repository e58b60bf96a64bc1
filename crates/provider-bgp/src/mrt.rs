//! Reads an MRT dump.

use std::io::Read;
use std::net::IpAddr;

use bgpkit_parser::BgpkitParser;
use bgpkit_parser::models::{AsPath, AsPathSegment};
use ipcascade_core::asn::Asn;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::resource_error::FileProblem;
use ipnet::IpNet;

use crate::file_summary::FileContent;
use crate::mrt_stream::RecordStream;
use crate::prefix_origins::{OriginAs, PrefixOrigins};
use crate::uncounted_routes;
use crate::uncounted_routes::{AS_SET, NO_ORIGIN, UncountedRoutes};

/// Reads all routes of a dump made at `made_at`, and adds them to `prefix_origins`.
pub(crate) fn read(
    reader: impl Read,
    made_at: Option<Timestamp>,
    prefix_origins: &mut PrefixOrigins,
) -> Result<FileContent, FileProblem> {
    let mut records = RecordStream::new(reader);
    let mut passed_over = UncountedRoutes::default();
    let mut routes = Routes::new(made_at);
    let (mut read, mut lost) = (0_u64, 0_u64);
    let parser = BgpkitParser::from_reader(&mut records);
    for route in parser.into_fallible_route_iter() {
        let Ok(route) = route else {
            lost += 1;
            continue;
        };
        read += 1;
        let prefix = route.prefix.prefix.trunc();
        routes.go_on_to(prefix, prefix_origins);
        match origin(prefix, route.as_path.as_deref()) {
            Ok(asn) => routes.add(asn, route.peer_ip, route.peer_asn.to_u32()),
            Err(why) => passed_over.count(&why),
        }
    }
    routes.finish_prefix(prefix_origins);
    let seen = records.into_seen();
    if let Some(why) = seen.broken {
        let record = seen.records + 1;
        let reason = format!("it is cut off or damaged at its record {record} ({why})");
        return Err(FileProblem::incomplete(reason));
    }
    if read == 0 {
        let (all, other) = (seen.records, seen.other);
        let reason = format!(
            "it holds no routes (records: {all}; of them of another kind, such as updates: {other})"
        );
        return Err(reason.into());
    }
    if routes.prefixes == 0 {
        return Err(format!("it holds no route that counts (passed over: {passed_over})").into());
    }
    Ok(FileContent {
        edition: match seen.collector {
            Some(collector) => format!("MRT RIB ({collector})"),
            None => "MRT RIB".to_owned(),
        },
        built_at: made_at,
        prefixes: routes.prefixes,
        has_ipv6: routes.has_ipv6,
        passed_over,
        // The parser drops some unreadable routes silently.
        unreadable: seen.promised.saturating_sub(read).max(lost),
    })
}

/// Returns the origin of a path, if the route counts.
fn origin(prefix: IpNet, path: Option<&AsPath>) -> Result<Asn, String> {
    match path.and_then(|path| path.segments.last()) {
        Some(AsPathSegment::AsSequence(sequence)) => match sequence.last() {
            Some(last) => uncounted_routes::check(prefix, last.to_u32()),
            None => Err(NO_ORIGIN.to_owned()),
        },
        Some(AsPathSegment::AsSet(_)) => Err(AS_SET.to_owned()),
        _ => Err(NO_ORIGIN.to_owned()),
    }
}

/// Collects the routes of one prefix after the other: in a dump, routes to the same prefix are adjacent.
struct Routes {
    made_at: Option<Timestamp>,
    prefix: Option<IpNet>,
    /// Origins of `prefix`, and the peers that see them.
    seen: Vec<(Asn, IpAddr, u32)>,
    prefixes: u64,
    has_ipv6: bool,
}

impl Routes {
    const fn new(made_at: Option<Timestamp>) -> Self {
        Self {
            made_at,
            prefix: None,
            seen: Vec::new(),
            prefixes: 0,
            has_ipv6: false,
        }
    }

    fn go_on_to(&mut self, prefix: IpNet, prefix_origins: &mut PrefixOrigins) {
        if self.prefix != Some(prefix) {
            self.finish_prefix(prefix_origins);
            self.prefix = Some(prefix);
        }
    }

    fn add(&mut self, asn: Asn, peer: IpAddr, peer_asn: u32) {
        self.seen.push((asn, peer, peer_asn));
    }

    fn finish_prefix(&mut self, prefix_origins: &mut PrefixOrigins) {
        let Some(prefix) = self
            .prefix
            .take()
            .filter(|&it| uncounted_routes::is_announced(it))
        else {
            self.seen.clear();
            return;
        };
        if self.seen.is_empty() {
            return prefix_origins.add(prefix, &[]);
        }
        // A peer that announces several paths (RFC 7911) is still one peer.
        self.seen.sort_unstable();
        self.seen.dedup();
        let same_origin = self.seen.chunk_by(|one, next| one.0 == next.0);
        let origins: Vec<OriginAs> = same_origin
            .filter_map(|peers| {
                Some(OriginAs {
                    asn: peers.first()?.0,
                    peers: u32::try_from(peers.len()).unwrap_or(u32::MAX),
                    is_stated: false,
                    seen_at: self.made_at,
                })
            })
            .collect();
        prefix_origins.add(prefix, &origins);
        self.seen.clear();
        self.prefixes += 1;
        self.has_ipv6 |= matches!(prefix, IpNet::V6(_));
    }
}
