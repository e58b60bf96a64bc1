//! How many sessions an address has had.
//!
//! A count is evidence. It consists of the sessions whose rows are stored, of those that are known only as a number
//! (counted before the database was adopted, or pruned), and of those that another program has counted and whose rows
//! may still come:
//!
//! ```text
//! session_count  >=  session_rows  +  sessions_without_row
//! ```
//!
//! The excess of `session_count` over the sum is a *claim* of another program. Rows that it then stores use the claim
//! up, so that a session is counted once whichever is written first. Only another program's own statement lowers a
//! count.

/// The numbers of an address row about its sessions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SessionCount {
    /// `session_count`: all of them.
    pub total: u64,
    /// `session_rows`: those whose rows are stored. `None` in a row from before adoption that has not been written to
    /// since: the excess of the total over the rows is then known only as a number.
    pub rows: Option<u64>,
    /// `sessions_without_row`: those known only as a number.
    pub without_row: u64,
}

impl SessionCount {
    /// The count of an address with this many stored sessions and no others.
    pub const fn of_rows(rows: u64) -> Self {
        Self {
            total: rows,
            rows: Some(rows),
            without_row: 0,
        }
    }

    /// Whether the numbers are valid for an address with `rows` stored sessions.
    pub fn is_right_for(self, rows: u64) -> bool {
        match self.rows {
            None => self.total >= rows,
            Some(own) => own == rows && self.total >= rows.saturating_add(self.without_row),
        }
    }

    /// The sessions of an address with `rows` stored ones that are known only as a number, claims included.
    pub const fn only_counted(self, rows: u64) -> u64 {
        self.total.saturating_sub(rows)
    }

    /// The correct numbers for an address with `rows` stored sessions. The total is never lowered: sessions whose rows
    /// are missing become known only as a number.
    #[must_use]
    pub fn repaired(self, rows: u64) -> Self {
        if self.is_right_for(rows) {
            return self;
        }
        let known = self.rows.unwrap_or_default();
        let claimed = self
            .total
            .saturating_sub(known)
            .saturating_sub(self.without_row);
        let total = self.total.max(rows.saturating_add(self.without_row));
        Self {
            total,
            rows: Some(rows),
            without_row: total
                .saturating_sub(rows)
                .saturating_sub(claimed)
                .max(self.without_row),
        }
    }

    /// The numbers after `added` new sessions have been stored, when `rows` were stored before.
    #[must_use]
    pub fn with(self, added: u64, rows: u64) -> Self {
        if added == 0 {
            return self;
        }
        match self.rows {
            Some(known) => Self {
                total: self.total.saturating_add(added),
                rows: Some(known.saturating_add(added)),
                ..self
            },
            None => Self {
                total: self.total.max(rows).saturating_add(added),
                rows: Some(rows.saturating_add(added)),
                without_row: self.total.saturating_sub(rows),
            },
        }
    }

    /// The numbers after `removed` stored sessions have turned out to belong to another address.
    #[must_use]
    pub fn without(self, removed: u64) -> Self {
        Self {
            total: self.total.saturating_sub(removed),
            rows: self.rows.map(|rows| rows.saturating_sub(removed)),
            ..self
        }
    }

    /// The merged numbers of two rows of one address, each with its number of stored sessions. All sessions without
    /// rows are then known only as a number.
    #[must_use]
    pub fn merged((one, one_rows): (Self, u64), (other, other_rows): (Self, u64)) -> Self {
        let (one, other) = (one.repaired(one_rows), other.repaired(other_rows));
        let total = one.total.saturating_add(other.total);
        let rows = one_rows.saturating_add(other_rows);
        Self {
            total,
            rows: Some(rows),
            without_row: total.saturating_sub(rows),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_count() -> impl Strategy<Value = SessionCount> {
        (0..9_u64, prop::option::of(0..9_u64), 0..9_u64).prop_map(|(total, rows, without_row)| {
            SessionCount {
                total,
                rows,
                without_row,
            }
        })
    }

    #[test]
    fn a_number_without_rows_is_not_a_fault_and_stays() {
        let adopted = SessionCount {
            total: 25,
            rows: None,
            without_row: 0,
        };
        assert!(adopted.is_right_for(0) && adopted.is_right_for(25) && !adopted.is_right_for(26));
        assert_eq!(adopted.repaired(0), adopted);
        assert_eq!(adopted.repaired(26), SessionCount::of_rows(26));
        assert_eq!(adopted.only_counted(3), 22);
    }

    #[test]
    fn sessions_whose_rows_are_gone_become_a_number() {
        let pruned = SessionCount::of_rows(5).repaired(2);
        let expected = SessionCount {
            total: 5,
            rows: Some(2),
            without_row: 3,
        };
        assert_eq!(pruned, expected);
    }

    proptest! {
        #[test]
        fn a_repair_is_right_lowers_nothing_and_is_done_once(count in any_count(), rows in 0..9_u64) {
            let repaired = count.repaired(rows);
            prop_assert!(repaired.is_right_for(rows), "{:?}", repaired);
            prop_assert!(repaired.total >= count.total);
            prop_assert!(repaired.without_row >= count.without_row);
            prop_assert_eq!(repaired.repaired(rows), repaired);
        }

        #[test]
        fn sessions_count_one_by_one_as_all_at_once(
            count in any_count(),
            rows in 0..9_u64,
            added in 0..9_u64,
        ) {
            let mut one_by_one = count;
            for stored in 0..added {
                one_by_one = one_by_one.with(1, rows + stored);
            }
            let at_once = count.with(added, rows);
            prop_assert_eq!(one_by_one, at_once);
            if count.is_right_for(rows) {
                prop_assert!(at_once.is_right_for(rows + added));
                prop_assert!(at_once.without(added).is_right_for(rows));
            }
        }

        #[test]
        fn merging_loses_no_session(
            a in (any_count(), 0..9_u64),
            b in (any_count(), 0..9_u64),
            c in (any_count(), 0..9_u64),
        ) {
            let (ab, rows) = (SessionCount::merged(a, b), a.1 + b.1);
            prop_assert!(ab.is_right_for(rows));
            prop_assert_eq!(ab, SessionCount::merged(b, a));
            prop_assert!(ab.total >= a.0.total.max(a.1) + b.0.total.max(b.1));
            let bc = SessionCount::merged(b, c);
            let either_way = SessionCount::merged(a, (bc, b.1 + c.1));
            prop_assert_eq!(SessionCount::merged((ab, rows), c), either_way);
        }
    }
}
