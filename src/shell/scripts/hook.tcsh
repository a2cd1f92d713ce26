# Activates and deactivates on a change of directory: eval "`rvenv hook tcsh`" in ~/.tcshrc.
# Only a change of directory starts a process, and so does a prompt after an rvenv command.
# Each line is a whole command, as `eval` joins them. `deactivate` takes away what is named `_rvenv_*`.
set _rvenvhook_program = __RVENV_PROGRAM__
alias _rvenvhook_ask '$_rvenvhook_program:q hook-env --shell tcsh'
# An activation that the user ended by hand is not to be made again until the project is left.
set _rvenvhook_ended = '\!'
alias _rvenvhook_active 'set _rvenvhook_root = $VIRTUAL_ENV:q'
alias _rvenvhook_end 'if (x$_RVENV_HOOK:q != x$_rvenvhook_root:q && x$_RVENV_HOOK:q =~ x/*) setenv _RVENV_HOOK $_rvenvhook_ended:q$_RVENV_HOOK:q'
alias _rvenvhook_look 'set _rvenvhook_root = ""; if ($?VIRTUAL_ENV) eval _rvenvhook_active; if ($?_RVENV_HOOK) eval _rvenvhook_end'
alias _rvenvhook_move '_rvenvhook_look; unset _rvenvhook_again; eval "`_rvenvhook_ask`"'
# `rehash` reads all of PATH: after rvenv only, which may have installed commands.
alias _rvenvhook_prompt 'set _rvenvhook_status = $status; _rvenvhook_look; if ($?_rvenvhook_again) eval "rehash; _rvenvhook_move"; set status = $_rvenvhook_status'
alias rvenv 'set _rvenvhook_again; $_rvenvhook_program:q'
# The aliases that tcsh runs may have a command already.
alias _rvenvhook_add 'set _rvenvhook_old = "`alias \!:1`"; if (! (x$_rvenvhook_old:q =~ *_rvenvhook_*)) alias \!:1 "\!:2; $_rvenvhook_old:q"; unset _rvenvhook_old'
# A script reads ~/.tcshrc too.
if ($?prompt) eval _rvenvhook_add cwdcmd _rvenvhook_move
if ($?prompt) eval _rvenvhook_add precmd _rvenvhook_prompt
if ($?prompt) eval _rvenvhook_move
