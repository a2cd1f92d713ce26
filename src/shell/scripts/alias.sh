# An alias would replace the name in `deactivate ()`.
if alias deactivate >/dev/null 2>&1; then
    _RVENV_ALIAS=$(alias deactivate) || :
    unalias deactivate
fi
