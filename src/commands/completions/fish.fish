function __rvenv_complete
    set -l words (commandline -opc)
    set -l at (count $words)
    rvenv completions fish --at $at -- $words (commandline -ct) 2>/dev/null
end
complete -c rvenv -f -k -a '(__rvenv_complete)'
