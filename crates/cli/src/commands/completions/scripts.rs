//! What a script adds to that of the library: values of the inventory, which the program is asked for.

use clap_complete::Shell;

/// Values that a word of bash may begin are added to what the library's function has found. A word as it was written stays
/// if there is no value; options of the command are no values.
const BASH: &str = r#"
_ipcascade_stored() {
    _ipcascade "$@"
    local word=${COMP_WORDS[COMP_CWORD]} value
    local -a values=()
    while IFS= read -r value; do
        values+=("$value")
    done < <("${COMP_WORDS[0]}" complete-stored -- "${COMP_WORDS[@]:0:COMP_CWORD+1}" 2>/dev/null)
    if [[ ${#values[@]} -gt 0 ]]; then
        if [[ $word == -* || -z $word ]]; then
            COMPREPLY+=("${values[@]}")
        else
            COMPREPLY=("${values[@]}")
        fi
    fi
    return 0
}
"#;

/// Fish asks for every word, with the options that are expected to have such a value.
const FISH: &str = r"
function __fish_ipcascade_stored
    command ipcascade complete-stored -- (commandline -opc) (commandline -ct) 2>/dev/null
end

complete -c ipcascade -a '(__fish_ipcascade_stored)'
complete -c ipcascade -l asn -x -a '(__fish_ipcascade_stored)'
";

/// The script with values of the inventory, where the shell can ask for them.
pub(super) fn with_stored(shell: Shell, script: &str) -> String {
    match shell {
        Shell::Bash => {
            let script =
                script.replace("complete -F _ipcascade ", "complete -F _ipcascade_stored ");
            format!("{script}{BASH}")
        }
        Shell::Fish => format!("{script}{FISH}"),
        _ => script.to_owned(),
    }
}
