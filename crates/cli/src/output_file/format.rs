//! The format that the name of a file stands for.

use std::path::Path;

use crate::report::CliError;

/// Extensions, and the formats that they stand for in `--format`.
const FORMATS: [(&str, &str); 6] = [
    ("csv", "csv"),
    ("htm", "html"),
    ("html", "html"),
    ("json", "json"),
    ("jsonl", "ndjson"),
    ("ndjson", "ndjson"),
];

/// Extensions of formats that no command writes: what is in such a file must not be something else.
const OTHERS: [&str; 16] = [
    "db", "mmdb", "ods", "parquet", "pdf", "sql", "sqlite", "sqlite3", "toml", "tsv", "xls",
    "xlsx", "xml", "yaml", "yml", "avro",
];

/// Extensions of compressed files.
const COMPRESSED: [&str; 13] = [
    "7z", "br", "bz2", "gz", "lz4", "lzma", "rar", "sz", "tgz", "xz", "z", "zip", "zst",
];

/// Returns the format for `--format`, of those in `known`, or `None` if the name of the file stands for no format.
///
/// # Errors
///
/// If it stands for one that is not in `known`.
pub(super) fn of_name(path: &Path, known: &[String]) -> Result<Option<&'static str>, CliError> {
    let extension = extension(path);
    let format = FORMATS.iter().find(|(known, _)| *known == extension);
    if let Some((_, format)) = format.filter(|(_, format)| known.iter().any(|it| it == format)) {
        return Ok(Some(format));
    }
    if format.is_none() && !OTHERS.contains(&extension.as_str()) {
        return Ok(None);
    }
    let shown = path.display();
    let text = format!("--output: this command does not write what the name of {shown} stands for");
    let extensions = FORMATS
        .iter()
        .filter(|(_, format)| known.iter().any(|it| it == format));
    let extensions: Vec<String> = extensions.map(|(known, _)| format!(".{known}")).collect();
    Err(CliError::usage(text).hint(format!(
        "expected one of {}; --format names the format of a file with any name",
        extensions.join(", ")
    )))
}

/// Refuses the name of a compressed file.
///
/// # Errors
///
/// If it is one.
pub(super) fn refuse_compressed(path: &Path) -> Result<(), CliError> {
    let extension = extension(path);
    if !COMPRESSED.contains(&extension.as_str()) {
        return Ok(());
    }
    let text = format!("--output: {} would not be compressed", path.display());
    Err(CliError::usage(text).hint(format!(
        "name it without `.{extension}`, or compress what is printed: `ipcascade … | gzip > FILE`"
    )))
}

fn extension(path: &Path) -> String {
    let extension = path.extension().unwrap_or_default();
    extension.to_string_lossy().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_for_a_format_that_the_command_has_or_for_none() {
        let known = ["table", "json", "ndjson"].map(str::to_owned);
        for (name, expected) in [
            ("a.json", Some("json")),
            ("a.b.JSON", Some("json")),
            ("folder.csv/a.jsonl", Some("ndjson")),
            ("a", None),
            ("a.txt", None),
            (".csv", None),
            ("a.", None),
            ("a.2026-01-01", None),
        ] {
            let found = of_name(Path::new(name), &known).unwrap();
            assert_eq!(found, expected, "{name}");
        }
        for name in ["a.csv", "a.html", "a.tsv", "a.XLSX", "a.db"] {
            of_name(Path::new(name), &known).unwrap_err();
        }
    }

    #[test]
    fn names_of_compressed_files_are_refused() {
        for name in ["a.csv.gz", "a.ZST", "a.tgz"] {
            refuse_compressed(Path::new(name)).unwrap_err();
        }
        for name in ["gz", "a.gz.csv", ".gz/a"] {
            refuse_compressed(Path::new(name)).unwrap();
        }
    }
}
