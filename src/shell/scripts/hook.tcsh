# Activates and deactivates on a change of directory: eval "`rvenv hook tcsh`" in ~/.tcshrc.
# A process is started only after the directory, PATH or VIRTUAL_ENV changed, and after an rvenv command.
# Each line is a whole command, as `eval` joins them. `deactivate` removes what is named `_rvenv_*`. No alias
# takes arguments: `set histchars = ""` ends that.
set _rvenvhook_program = __RVENV_PROGRAM__
# A parent that exports all its variables has not run the hook of this shell.
set _RVENV_HOOK_STATE = '::'
set _RVENV_HOOK_LEFT = ''
set _rvenvhook_seen = ''
alias _rvenvhook_held1 'setenv _RVENV_HOOK_HELD $_rvenv_entry:q'
alias _rvenvhook_held2 'setenv _RVENV_HOOK_HELD another'
alias _rvenvhook_export 'setenv _RVENV_HOOK_STATE $_RVENV_HOOK_STATE:q; setenv _RVENV_HOOK_LEFT $_RVENV_HOOK_LEFT:q; if ($?_OLD_VIRTUAL_PATH) eval _rvenvhook_held2; if ($?_rvenv_entry) eval _rvenvhook_held1'
alias _rvenvhook_ask '$_rvenvhook_program:q hook-env --shell tcsh'
# An activation that the user ended by hand is not made again until the project is left.
set _rvenvhook_ended = \!
alias _rvenvhook_active 'set _rvenvhook_root = $VIRTUAL_ENV:q'
alias _rvenvhook_end 'if (x$_RVENV_HOOK:q != x$_rvenvhook_root:q && x$_RVENV_HOOK:q =~ x/*) setenv _RVENV_HOOK $_rvenvhook_ended:q$_RVENV_HOOK:q'
alias _rvenvhook_look 'set _rvenvhook_root = ""; if ($?VIRTUAL_ENV) eval _rvenvhook_active; if ($?_RVENV_HOOK) eval _rvenvhook_end; set _rvenvhook_now = $cwd:q"|"$_rvenvhook_root:q"|"$PATH:q'
# A subshell exports what the hook remembers: this shell does not.
alias _rvenvhook_update 'eval "`(_rvenvhook_export; _rvenvhook_ask)`"; _rvenvhook_look; set _rvenvhook_seen = $_rvenvhook_now:q'
alias _rvenvhook_move '_rvenvhook_look; if (x$_rvenvhook_now:q != x$_rvenvhook_seen:q) eval _rvenvhook_update'
# `rehash` reads all of PATH: after rvenv only, which may have installed commands.
alias _rvenvhook_after 'unset _rvenvhook_again; rehash; _rvenvhook_update'
alias _rvenvhook_prompt 'set _rvenvhook_status = $status; if ($?_rvenvhook_again) eval _rvenvhook_after; _rvenvhook_move; set status = $_rvenvhook_status'
# What was left can only come back before the user types.
alias _rvenvhook_last '_rvenvhook_prompt; set _RVENV_HOOK_LEFT = ""'
alias rvenv 'set _rvenvhook_again; $_rvenvhook_program:q'
# The aliases that tcsh runs may have a command already. First, so that prompts see what the hook did; and last, as
# other tools change PATH.
set _rvenvhook_old = "`alias cwdcmd`"
if ($?prompt && ! (x$_rvenvhook_old:q =~ *_rvenvhook_*)) alias cwdcmd "_rvenvhook_move; $_rvenvhook_old:q"
set _rvenvhook_old = "`alias precmd`"
if ($?prompt && ! (x$_rvenvhook_old:q =~ *_rvenvhook_*)) alias precmd "_rvenvhook_prompt; $_rvenvhook_old:q; _rvenvhook_last"
unset _rvenvhook_old
# A script reads ~/.tcshrc too.
if ($?prompt) eval _rvenvhook_move
