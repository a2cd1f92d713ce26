# Takes back what an activation put in, and nothing else: no saved PATH is written over what was
# edited since, and a child shell that inherited the activation can do it too.
# csh has no functions: aliases are these. `repeat` and `if` run one through `eval`, which parses it
# only then, so variables that are not set are not looked at. Each line is a whole command, as
# `eval` joins the lines to one.
alias _rvenv_step '@ _rvenv_hit = (x$_rvenv_rest[1]:q == x$_rvenv_bin:q); if (! $_rvenv_hit) set _rvenv_kept = ($_rvenv_kept:q $_rvenv_rest[1]:q); if ($_rvenv_hit) set _rvenv_bin = ""; shift _rvenv_rest'
alias _rvenv_remove 'set _rvenv_bin = $VIRTUAL_ENV:q/\!:1; set _rvenv_rest = ($path:q); set _rvenv_kept = (); repeat $#_rvenv_rest eval _rvenv_step; if (x$_rvenv_bin:q == x) set path = ($_rvenv_kept:q); unset _rvenv_rest _rvenv_kept _rvenv_bin _rvenv_hit'
# Setting `path` also clears the command hash.
alias _rvenv_path '_rvenv_remove bin; _rvenv_remove Scripts'
alias _rvenv_home 'if (! $?PYTHONHOME) setenv PYTHONHOME $_OLD_VIRTUAL_PYTHONHOME:q; unsetenv _OLD_VIRTUAL_PYTHONHOME; unset _OLD_VIRTUAL_PYTHONHOME'
# A prompt that was set in the meantime stays.
alias _rvenv_prompt 'if (! $?_rvenv_prompt) set _rvenv_prompt = $prompt:q; if (x$prompt:q == x$_rvenv_prompt:q) set prompt = $_OLD_VIRTUAL_PROMPT:q; unset _OLD_VIRTUAL_PROMPT _rvenv_prompt'
alias _rvenv_pydoc 'if (x$_rvenv_pydoc:q == x) unalias pydoc; unset _rvenv_pydoc'
# What other tools' activation made, and what it put aside: to it, empty is the same as not set.
alias _rvenv_theirs 'if ("`alias pydoc`" == "python -m pydoc") unalias pydoc; unset deactivate_script'
alias _rvenv_back 'setenv \!:2 "$\!:1"; if ("x$\!:1" == x) unsetenv \!:2; unset \!:1'
alias _rvenv_aside 'if ($?_OLD_PKG_CONFIG_PATH) eval _rvenv_back _OLD_PKG_CONFIG_PATH PKG_CONFIG_PATH; if ($?_OLD_VIRTUAL_TCL_LIBRARY) eval _rvenv_back _OLD_VIRTUAL_TCL_LIBRARY TCL_LIBRARY; if ($?_OLD_VIRTUAL_TK_LIBRARY) eval _rvenv_back _OLD_VIRTUAL_TK_LIBRARY TK_LIBRARY'
alias _rvenv_gone 'unalias _rvenv_* deactivate'
alias deactivate 'if ($?VIRTUAL_ENV) eval _rvenv_path; if ($?_OLD_VIRTUAL_PYTHONHOME) eval _rvenv_home; if ($?prompt && $?_OLD_VIRTUAL_PROMPT) eval _rvenv_prompt; if ($?_OLD_VIRTUAL_PATH && ! $?_rvenv_pydoc) eval _rvenv_theirs; if ($?_rvenv_pydoc) eval _rvenv_pydoc; _rvenv_aside; unsetenv VIRTUAL_ENV; unsetenv VIRTUAL_ENV_PROMPT; unset _OLD_VIRTUAL_PATH; if ("\!:*" != nondestructive) eval _rvenv_gone'
