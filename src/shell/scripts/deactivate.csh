# The rule of undo, for every shell, is in README.md beside this file.
# csh has no functions: aliases are these. `repeat` and `if` run one through `eval`, which parses it
# only then, so variables that are not set are not looked at. Each line is a whole command, as
# `eval` joins the lines to one. No alias but `deactivate` takes arguments: `set histchars = ""` ends that.
if (! $?_rvenv_user) set _rvenv_user = ""
set _rvenv_now = "`alias deactivate`"
if (x$_rvenv_now:q =~ *VIRTUAL_ENV* || x$_rvenv_now:q =~ *deactivate_script*) set _rvenv_now = ""
if (! (x$_rvenv_now:q =~ *_rvenv_*)) set _rvenv_user = $_rvenv_now:q
unset _rvenv_now
alias _rvenv_once 'set _rvenv_one = //; set _rvenv_two = //; set _rvenv_three = //'
alias _rvenv_own 'set _rvenv_one = $_rvenv_entry:q'
alias _rvenv_active 'set _rvenv_two = $VIRTUAL_ENV:q/bin; set _rvenv_three = $VIRTUAL_ENV:q/Scripts'
alias _rvenv_hit 'set _rvenv_found; if (! $?_rvenv_everywhere) eval _rvenv_once'
alias _rvenv_keep 'set _rvenv_kept = ($_rvenv_kept:q $_rvenv_rest[1]:q)'
alias _rvenv_step '@ _rvenv_is = (x$_rvenv_rest[1]:q == x$_rvenv_one:q || x$_rvenv_rest[1]:q == x$_rvenv_two:q || x$_rvenv_rest[1]:q == x$_rvenv_three:q); if (! $_rvenv_is) eval _rvenv_keep; if ($_rvenv_is) eval _rvenv_hit; shift _rvenv_rest'
# Without an entry of this shell's, the activation was inherited or is another tool's.
# Setting `path` also clears the command hash.
alias _rvenv_path '_rvenv_once; if ($?_rvenv_entry) eval _rvenv_own; if ($?VIRTUAL_ENV && (! $?_rvenv_entry || $?_rvenv_everywhere)) eval _rvenv_active; set _rvenv_rest = ($path:q); set _rvenv_kept = (); repeat $#_rvenv_rest eval _rvenv_step; if ($?_rvenv_found) set path = ($_rvenv_kept:q); unset _rvenv_rest _rvenv_kept _rvenv_is _rvenv_found _rvenv_one _rvenv_two _rvenv_three'
alias _rvenv_back1 'if (! $?PYTHONHOME) setenv PYTHONHOME $_OLD_VIRTUAL_PYTHONHOME:q; unsetenv _OLD_VIRTUAL_PYTHONHOME; unset _OLD_VIRTUAL_PYTHONHOME'
alias _rvenv_back2 'if (! $?PYTHONEXECUTABLE) setenv PYTHONEXECUTABLE $_OLD_VIRTUAL_PYTHONEXECUTABLE:q; unsetenv _OLD_VIRTUAL_PYTHONEXECUTABLE'
# csh takes no name of more than 30 characters.
alias _rvenv_back3 'if (! $?__PYVENV_LAUNCHER__) setenv __PYVENV_LAUNCHER__ "`printenv _OLD_VIRTUAL___PYVENV_LAUNCHER__`"; unsetenv _OLD_VIRTUAL___PYVENV_LAUNCHER__'
alias _rvenv_back4 'if (! $?PYTHONPLATLIBDIR) setenv PYTHONPLATLIBDIR $_OLD_VIRTUAL_PYTHONPLATLIBDIR:q; unsetenv _OLD_VIRTUAL_PYTHONPLATLIBDIR'
alias _rvenv_python 'if ($?_OLD_VIRTUAL_PYTHONHOME) eval _rvenv_back1; if ($?_OLD_VIRTUAL_PYTHONEXECUTABLE) eval _rvenv_back2; if ( { ( printenv _OLD_VIRTUAL___PYVENV_LAUNCHER__ >& /dev/null ) } ) eval _rvenv_back3; if ($?_OLD_VIRTUAL_PYTHONPLATLIBDIR) eval _rvenv_back4'
# A prompt that was wrapped in the meantime loses the prefix only, which awk finds: csh searches no text. One of
# several lines, which csh would read as several words, stays as it is.
alias _rvenv_strip 'setenv _RVENV_PROMPT $prompt:q; setenv _RVENV_PREFIX $_rvenv_prefix:q; set _rvenv_new = ("`awk '\''BEGIN { for (k in ENVIRON) { if (k ~ /^_RVENV_PROMPT/) p = ENVIRON[k]; if (k ~ /^_RVENV_PREFIX/) x = ENVIRON[k] } i = index(p, x); if (i) p = substr(p, 1, i - 1) substr(p, i + length(x)); print p }'\''`"); if ($#_rvenv_new == 1) set prompt = $_rvenv_new:q; unset _rvenv_new; unsetenv _RVENV_PROMPT; unsetenv _RVENV_PREFIX'
alias _rvenv_wrapped 'if (x$prompt:q != x$_rvenv_prompt:q) eval _rvenv_strip; if (x$prompt:q == x$_rvenv_prompt:q) set prompt = $_OLD_VIRTUAL_PROMPT:q'
alias _rvenv_prompt 'if ($?_rvenv_prompt) eval _rvenv_wrapped; if (! $?_rvenv_prompt) set prompt = $_OLD_VIRTUAL_PROMPT:q; unset _OLD_VIRTUAL_PROMPT _rvenv_prompt _rvenv_prefix'
alias _rvenv_pydoc 'if (x$_rvenv_pydoc:q == x) unalias pydoc; unset _rvenv_pydoc'
# What other tools' activation made, and what it put aside: to it, empty is the same as not set.
alias _rvenv_theirs 'if ("`alias pydoc`" == "python -m pydoc") unalias pydoc; unset deactivate_script'
alias _rvenv_aside1 'setenv PKG_CONFIG_PATH $_OLD_PKG_CONFIG_PATH:q; if (x$_OLD_PKG_CONFIG_PATH:q == x) unsetenv PKG_CONFIG_PATH; unset _OLD_PKG_CONFIG_PATH'
alias _rvenv_aside2 'setenv TCL_LIBRARY $_OLD_VIRTUAL_TCL_LIBRARY:q; if (x$_OLD_VIRTUAL_TCL_LIBRARY:q == x) unsetenv TCL_LIBRARY; unset _OLD_VIRTUAL_TCL_LIBRARY'
alias _rvenv_aside3 'setenv TK_LIBRARY $_OLD_VIRTUAL_TK_LIBRARY:q; if (x$_OLD_VIRTUAL_TK_LIBRARY:q == x) unsetenv TK_LIBRARY; unset _OLD_VIRTUAL_TK_LIBRARY'
alias _rvenv_aside 'if ($?_OLD_PKG_CONFIG_PATH) eval _rvenv_aside1; if ($?_OLD_VIRTUAL_TCL_LIBRARY) eval _rvenv_aside2; if ($?_OLD_VIRTUAL_TK_LIBRARY) eval _rvenv_aside3'
alias _rvenv_undo 'if ($?path && ($?VIRTUAL_ENV || $?_rvenv_entry)) eval _rvenv_path; _rvenv_python; if ($?prompt && $?_OLD_VIRTUAL_PROMPT) eval _rvenv_prompt; if ($?_OLD_VIRTUAL_PATH && ! $?_rvenv_pydoc) eval _rvenv_theirs; if ($?_rvenv_pydoc) eval _rvenv_pydoc; _rvenv_aside; unsetenv VIRTUAL_ENV; unsetenv VIRTUAL_ENV_PROMPT; unset _OLD_VIRTUAL_PATH _rvenv_entry _rvenv_everywhere'
alias _rvenv_gone 'unalias _rvenv_* deactivate; if (x$_rvenv_user:q != x) alias deactivate $_rvenv_user:q; unset _rvenv_user'
alias deactivate '_rvenv_undo; if ("\!:*" != nondestructive) eval _rvenv_gone'
