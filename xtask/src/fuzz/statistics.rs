//! What a target reports about its run.

/// The figures of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Statistics {
    /// How many inputs were tried.
    pub(super) executions: u64,
    /// How many in a second, on average.
    pub(super) per_second: u64,
    /// How many edges of the code were reached.
    pub(super) edges: u64,
}

impl Statistics {
    /// Reads the output of libFuzzer.
    pub(super) fn read(output: &str) -> Self {
        let figure = |name: &str| {
            let mut lines = output.lines();
            let value = lines.find_map(|line| line.strip_prefix(name));
            value.and_then(|value| value.trim().parse().ok())
        };
        // `#4096	pulse  cov: 512 ft: 800 corp: …`, the last one of which counts.
        let edges = |line: &str| {
            let (_, after) = line.split_once(" cov: ")?;
            after.split(' ').next()?.parse().ok()
        };
        Self {
            executions: figure("stat::number_of_executed_units:").unwrap_or_default(),
            per_second: figure("stat::average_exec_per_sec:").unwrap_or_default(),
            edges: output.lines().rev().find_map(edges).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figures_are_those_of_the_end() {
        let output = "#2\tINITED cov: 14 ft: 15 corp: 1/1b exec/s: 0 rss: 30Mb\n\
                      #4096\tDONE   cov: 512 ft: 800 corp: 9/1Kb exec/s: 99 rss: 40Mb\n\
                      stat::number_of_executed_units: 4096\n\
                      stat::average_exec_per_sec:     409\n";
        let expected = Statistics {
            executions: 4096,
            per_second: 409,
            edges: 512,
        };
        assert_eq!(Statistics::read(output), expected);
        assert_eq!(Statistics::read(""), Statistics::default());
    }
}
