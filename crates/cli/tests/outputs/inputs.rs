//! The inputs: small files that cover what each format may contain.

/// A file of `inputs/`, and how it is read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Input {
    pub(crate) file: &'static str,
    pub(crate) options: &'static [&'static str],
    /// Where it can be cut in two.
    pub(crate) cut: Cut,
}

/// How a file is cut in two, in lines.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cut {
    /// This many lines begin both halves.
    pub(crate) head: usize,
    /// This many lines, including those, are in the first half.
    pub(crate) first: usize,
}

const fn input(file: &'static str, options: &'static [&'static str], cut: (usize, usize)) -> Input {
    let (head, first) = cut;
    Input {
        file,
        options,
        cut: Cut { head, first },
    }
}

/// Prefixes, ranges, comments, all spellings, special addresses.
pub(crate) const LIST: Input = input("list.txt", &[], (0, 14));
/// Logs of several programs.
pub(crate) const TEXT: Input = input("text.log", &[], (0, 4));
/// JSON objects with the usual names, with several addresses, with an `enrichment` of their own.
pub(crate) const NDJSON: Input = input("records.ndjson", &[], (0, 6));
/// The address deeply nested in objects and arrays.
pub(crate) const NESTED: Input = input("nested.ndjson", &["--field", "client.net.peer"], (0, 3));
/// A header, quoted fields over several lines, records too short and too long.
pub(crate) const CSV: Input = input("header.csv", &[], (1, 7));
/// No header.
pub(crate) const BARE: Input = input("bare.csv", &[], (0, 3));
/// A delimiter and a column that must be named.
pub(crate) const PIPES: Input = input(
    "pipes.csv",
    &["--delimiter", "|", "--column", "peer;address"],
    (1, 3),
);
/// A delimiter that is recognised.
pub(crate) const TABS: Input = input("tabs.csv", &[], (1, 2));
/// Sessions that span the middle, one ID at two sensors, hostile names.
pub(crate) const COWRIE: Input = input("cowrie.json", &[], (0, 12));

impl Input {
    /// The name of its snapshots.
    pub(crate) fn stem(&self) -> String {
        self.file.replace('.', "_")
    }

    /// The arguments after `enrich` that name it and how it is read.
    pub(crate) fn arguments(&self) -> Vec<&'static str> {
        [self.options, &[self.file]].concat()
    }

    /// Its two halves.
    pub(crate) fn halves(&self, text: &str) -> [String; 2] {
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let Cut { head, first } = self.cut;
        let second = [&lines[..head], &lines[first..]].concat();
        [lines[..first].concat(), second.concat()]
    }
}

/// Declares a test of each input with a function that takes one.
macro_rules! for_each_input {
    ($check:ident) => {
        $crate::inputs::for_each_input! { $check:
            list = LIST, text = TEXT, ndjson = NDJSON, nested_field = NESTED, csv_with_header = CSV,
            csv_without_header = BARE, csv_with_pipes = PIPES, csv_with_tabs = TABS, cowrie = COWRIE,
        }
    };
    ($check:ident: $($test:ident = $input:ident,)+) => {
        $(
            #[test]
            fn $test() {
                $check($crate::inputs::$input);
            }
        )+
    };
}
pub(crate) use for_each_input;
