# Activates a Python virtual environment: `source bin/activate.csh` in csh and tcsh.
# The name of this file, or nothing where this is evaluated and no file:
set _rvenv_file = __RVENV_FILE__
set _rvenv_root = __RVENV_ROOT__
set _rvenv_scripts = __RVENV_SCRIPTS__
set _rvenv_name = __RVENV_PROMPT__
# Drawing a prompt expands it, and neither shell can refer to a variable there:
set _rvenv_drawn = __RVENV_CSH_PROMPT__
if ($?tcsh) set _rvenv_drawn = __RVENV_TCSH_PROMPT__
alias _rvenv_say '(echo "activate.csh: "$_rvenv_said:q > /dev/stderr)'
alias _rvenv_run 'if ("$0:t" == $_rvenv_file:q) set _rvenv_said = "you must source this script: source bin/activate.csh"'
if ($?0 && x$_rvenv_file:q != x) eval _rvenv_run
if ($?_rvenv_said) eval _rvenv_say
# In an `eval` it would not end what tcsh reads.
if ($?_rvenv_said) exit 1
# MSYS2 and Cygwin have paths of their own for Windows' ones, which begin with no slash.
# What is in backquotes is read once more, so the path goes there by a pipe.
alias _rvenv_native 'setenv _RVENV_ROOT $_rvenv_root:q; set _rvenv_root = "`printenv _RVENV_ROOT | cygpath -u -f -`"; unsetenv _RVENV_ROOT'
if (x$_rvenv_root:q !~ x/*) eval _rvenv_native
alias _rvenv_save1 'setenv _OLD_VIRTUAL_PYTHONHOME $PYTHONHOME:q; unsetenv PYTHONHOME'
alias _rvenv_save2 'setenv _OLD_VIRTUAL_PYTHONEXECUTABLE $PYTHONEXECUTABLE:q; unsetenv PYTHONEXECUTABLE'
alias _rvenv_save3 'setenv _OLD_VIRTUAL___PYVENV_LAUNCHER__ $__PYVENV_LAUNCHER__:q; unsetenv __PYVENV_LAUNCHER__'
alias _rvenv_save4 'setenv _OLD_VIRTUAL_PYTHONPLATLIBDIR $PYTHONPLATLIBDIR:q; unsetenv PYTHONPLATLIBDIR'
alias _rvenv_save 'if ($?PYTHONHOME) eval _rvenv_save1; if ($?PYTHONEXECUTABLE) eval _rvenv_save2; if ($?__PYVENV_LAUNCHER__) eval _rvenv_save3; if ($?PYTHONPLATLIBDIR) eval _rvenv_save4'
alias _rvenv_hide 'if (x$VIRTUAL_ENV_DISABLE_PROMPT:q != x) unset _rvenv_drawn'
alias _rvenv_draw 'set _OLD_VIRTUAL_PROMPT = $prompt:q; set _rvenv_prefix = "("$_rvenv_drawn:q") "; set _rvenv_prompt = $_rvenv_prefix:q$prompt:q; set prompt = $_rvenv_prompt:q'
# As in the standard library's script: csh finds no `pydoc` in an environment.
alias _rvenv_help 'alias pydoc python -m pydoc'
alias _rvenv_activate '_rvenv_undo; setenv VIRTUAL_ENV $_rvenv_root:q; setenv VIRTUAL_ENV_PROMPT $_rvenv_name:q; if (! $?path) set path = (); set _OLD_VIRTUAL_PATH = $PATH:q; set _rvenv_entry = $_rvenv_root:q/$_rvenv_scripts:q; set path = ($_rvenv_entry:q $path:q); _rvenv_save; if ($?VIRTUAL_ENV_DISABLE_PROMPT) eval _rvenv_hide; if ($?prompt && $?_rvenv_drawn) eval _rvenv_draw; set _rvenv_pydoc = "`alias pydoc`"; if (x$_rvenv_pydoc:q == x) eval _rvenv_help'
# Neither shell can tell where the file is that it reads: after a move there is only this.
alias _rvenv_moved 'set _rvenv_said = "the environment is no longer at "$_rvenv_root:q"; use rvenv activate"; eval _rvenv_say'
if (x$_rvenv_file:q == x || -e $_rvenv_root:q/$_rvenv_scripts:q/activate.csh) eval _rvenv_activate
if (x$_rvenv_file:q != x && ! -e $_rvenv_root:q/$_rvenv_scripts:q/activate.csh) eval _rvenv_moved
unset _rvenv_file _rvenv_root _rvenv_scripts _rvenv_name _rvenv_drawn _rvenv_said
