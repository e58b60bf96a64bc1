//! Announces which providers will be asked, so that no address is sent to a third party unknowingly.

use ipcascade_core::cascade::Step;

use crate::app::cascade_plan::CascadePlan;

impl CascadePlan {
    /// The first line of a run.
    pub fn announcement(&self) -> String {
        let steps = self.cascade.steps();
        let (online, offline): (Vec<&Step>, Vec<&Step>) =
            steps.iter().partition(|step| step.goes_online());
        let mut parts = Vec::new();
        if !offline.is_empty() {
            parts.push(listed(&offline));
        }
        if online.is_empty() {
            parts.push("no address leaves this machine".to_owned());
        } else {
            parts.push(format!("online: {}", listed(&online)));
        }
        for left in self.left_out.iter().filter(|left| left.is_configured) {
            parts.push(format!(
                "not {}, which no step of the cascade names (--online asks it)",
                left.provider
            ));
        }
        format!("asking {}", parts.join("; "))
    }
}

fn listed(steps: &[&Step]) -> String {
    let named = |step: &&Step| {
        let name = step.provider.capabilities().name;
        let fields: Vec<&str> = step.if_missing.iter().map(|field| field.name()).collect();
        match fields[..] {
            [] => name.to_string(),
            [field] => format!("{name} if {field} is missing"),
            _ => format!("{name} if one of {} is missing", fields.join(", ")),
        }
    };
    steps.iter().map(named).collect::<Vec<_>>().join(", ")
}
