#compdef rvenv
_rvenv() {
    local line value
    local -a places place_texts values value_texts
    for line in ${(f)"$(rvenv completions zsh --at $((CURRENT - 1)) -- "${(@Q)words}" 2>/dev/null)"}; do
        value=${line%%$'\t'*}
        if [[ $value == */ ]]; then
            places+=("$value")
        else
            values+=("$value")
            [[ $line == *$'\t' ]] && line=$value
            value_texts+=("${line/$'\t'/  -- }")
        fi
    done
    (( $#values )) && compadd -l -V values -d value_texts -a values
    (( $#places )) && compadd -S '' -V places -a places
}
if [[ ${funcstack[1]-} == _rvenv ]]; then
    _rvenv "$@"
else
    compdef _rvenv rvenv
fi
