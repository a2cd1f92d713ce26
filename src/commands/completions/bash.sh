_rvenv() {
    local IFS=$'\n'
    COMPREPLY=($(rvenv completions bash --at "$COMP_CWORD" -- "${COMP_WORDS[@]}" 2>/dev/null))
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == */ ]]; then
        compopt -o nospace 2>/dev/null
    fi
}
complete -o default -o nosort -F _rvenv rvenv 2>/dev/null || complete -o default -F _rvenv rvenv
