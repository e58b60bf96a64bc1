//! The values that a shell completes, where the command line itself accepts any text.

use clap::builder::PossibleValuesParser;
use clap::{Arg, Command, ValueHint};
use ipcascade_core::policy::{Policy, PolicySource};
use ipcascade_core::registry::Registry;
use ipcascade_core::rir::Rir;

use crate::records::{Addresses, Asns, RecordKind, Sessions};

/// The names that are completed.
struct Names {
    providers: Vec<&'static str>,
    registries: Vec<&'static str>,
    address_fields: Vec<&'static str>,
    asn_fields: Vec<&'static str>,
    session_fields: Vec<&'static str>,
}

/// `program` as a shell is to complete it: without what is hidden, with the names that this program knows.
pub(super) fn with_values(program: &Command, registry: &Registry) -> Command {
    let sources = registry.providers().map(|factory| PolicySource {
        name: factory.name,
        fields: factory.fields.into(),
    });
    let policy = Policy::new(sources.collect());
    let names = Names {
        providers: registry.providers().map(|it| it.name.as_str()).collect(),
        registries: Rir::ALL.iter().map(|rir| rir.as_str()).collect(),
        address_fields: field_names::<Addresses>(&policy),
        asn_fields: field_names::<Asns>(&policy),
        session_fields: field_names::<Sessions>(&policy),
    };
    copied(program, &[], &names)
}

fn field_names<K: RecordKind>(policy: &Policy) -> Vec<&'static str> {
    let fields = K::fields(policy).into_iter();
    fields.map(|field| field.name).collect()
}

/// A copy of a command whose parents are `path`.
fn copied(command: &Command, path: &[&str], names: &Names) -> Command {
    let path = [path, &[command.get_name()]].concat();
    let visible = command.get_arguments().filter(|arg| !arg.is_hide_set());
    let arguments = visible.map(|arg| completed(arg.clone(), &path, names));
    let subcommands = command.get_subcommands().filter(|it| !it.is_hide_set());
    let mut copy = Command::new(command.get_name().to_owned())
        .args(arguments)
        .subcommands(subcommands.map(|it| copied(it, &path, names)));
    if let Some(about) = command.get_about() {
        copy = copy.about(about.clone());
    }
    match command.get_version() {
        Some(version) => copy.version(version.to_owned()),
        None => copy,
    }
}

/// The kind of path that an argument has.
fn path_hint(arg: &Arg) -> Option<ValueHint> {
    match arg.get_value_names()?.first()?.as_str() {
        "FILE" => Some(ValueHint::FilePath),
        "DIR" => Some(ValueHint::DirPath),
        // That of a store, which may be a file.
        "URL" => Some(ValueHint::AnyPath),
        _ => None,
    }
}

/// The argument with its values, if they are known.
fn completed(arg: Arg, path: &[&str], names: &Names) -> Arg {
    let fields = match path.get(1) {
        Some(&"asn") => &names.asn_fields,
        Some(&"session") => &names.session_fields,
        _ => &names.address_fields,
    };
    let values = match (path.get(1), arg.get_id().as_str()) {
        (Some(&"providers"), "name") | (_, "provider") => &names.providers,
        (_, "registry") => &names.registries,
        (Some(&"lookup"), "fields") | (_, "by" | "sort" | "columns" | "conditions") => fields,
        (Some(&"enrich"), "fields") => fields,
        (Some(&"enrich"), "inputs") | (_, "exclude") => {
            return arg.value_hint(ValueHint::AnyPath);
        }
        _ => {
            return match path_hint(&arg) {
                Some(hint) => arg.value_hint(hint),
                None => arg,
            };
        }
    };
    arg.value_parser(PossibleValuesParser::new(values))
}
