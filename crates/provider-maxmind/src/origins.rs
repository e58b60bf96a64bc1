//! Finds the networks of an AS in a file.

use std::collections::HashMap;

use ipcascade_core::asn::Asn;
use ipnet::IpNet;

use crate::database::Database;
use crate::layout::SectionLayout;
use crate::networks::{NetworkRecord, Networks};

impl Database {
    /// Calls `found` with each network whose record names one of `asns`; returns whether any record names an AS.
    pub(crate) fn find_prefixes(
        &self,
        layout: &SectionLayout,
        asns: &[Asn],
        found: &mut dyn FnMut(Asn, IpNet),
    ) -> bool {
        // Networks of one AS share records.
        let mut origins: HashMap<usize, Option<Asn>> = HashMap::new();
        let mut have_origins = false;
        for network in Networks::of(self.tree(), self.ip_version() == 6) {
            let origin = origins.entry(network.record);
            let origin = *origin.or_insert_with(|| self.origin(layout, &network));
            have_origins |= origin.is_some();
            let origin = origin.filter(|origin| asns.contains(origin));
            if let (Some(origin), Some(network)) = (origin, network.network()) {
                found(origin, network);
            }
        }
        have_origins
    }

    /// The AS in a record; damage is reported.
    fn origin(&self, layout: &SectionLayout, network: &NetworkRecord) -> Option<Asn> {
        let decoded = match self.reader().lookup(network.first) {
            Ok(found) => layout.decode(&found),
            Err(error) => {
                self.report_damage(&error);
                None
            }
        };
        let (record, error) = decoded?;
        if let Some(error) = error {
            self.report_damage(&error);
        }
        layout.origin(&record)
    }
}
