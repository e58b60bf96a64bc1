//! What serde expects and finds, in the words of a configuration file.

/// What `expected` of a deserializer means to somebody who writes the file.
pub(super) fn in_words(expected: &str) -> &str {
    match expected {
        "a sequence" => "a list, in brackets",
        "a map" => "a table",
        "a boolean" => "true or false",
        "a string" | "string" | "str" => "text, in quotes",
        "path string" => "a path, in quotes",
        "u8" => "a whole number, 0 to 255",
        "u16" => "a whole number, 0 to 65535",
        "u32" => "a whole number, 0 to 4294967295",
        "u64" | "u128" | "usize" => "a whole number, 0 or more",
        "i8" | "i16" | "i32" | "i64" | "i128" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        // The types of tables are named in the code alone.
        name if name.starts_with("struct ") => "a table",
        other => other,
    }
}

/// The kind of a value that is not shown itself.
pub(super) fn kind_in_words(kind: &str) -> &str {
    match kind {
        "sequence" => "a list",
        "map" => "a table",
        "unit value" | "unit" => "nothing",
        other => other,
    }
}

/// A path of keys as one writes it: `cascade.steps[1].provider`.
pub(super) fn path_in_words(path: &[String]) -> String {
    let mut words = String::new();
    for part in path {
        let is_index = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        match (is_index && !words.is_empty(), words.is_empty()) {
            (true, _) => {
                words.push('[');
                words.push_str(part);
                words.push(']');
            }
            (false, true) => words.push_str(part),
            (false, false) => {
                words.push('.');
                words.push_str(part);
            }
        }
    }
    words
}
