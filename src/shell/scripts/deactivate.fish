# The rule of undo, for every shell, is in README.md beside this file.
if functions -q deactivate
    if functions deactivate | string match -q '*functions -e pydoc*'
        # The functions of other tools go with their `deactivate`, which ours replaces.
        functions -e pydoc _bashify_path _fishify_path
    else if not functions deactivate | string match -q '*VIRTUAL_ENV*'
        functions -e _rvenv_user_deactivate
        functions -c deactivate _rvenv_user_deactivate
    end
end
function deactivate --description 'Leave the Python virtual environment'
    set -l entries $_RVENV_ENTRY
    if not set -q _RVENV_ENTRY; or test "$argv[1]" = everywhere
        # Without an entry of this shell's, the activation was inherited or is another tool's.
        set -q VIRTUAL_ENV
        and set -a entries $VIRTUAL_ENV/bin $VIRTUAL_ENV/Scripts
    end
    for entry in $entries
        while set -l index (contains -i -- $entry $PATH)
            set -e PATH[$index]
            test "$argv[1]" = everywhere
            or set entries
            test -n "$entries"
            or break
        end
        test -n "$entries"
        or break
    end
    set -q PATH[1]
    or set -q _OLD_VIRTUAL_PATH
    or set -e PATH

    for name in PYTHONHOME PYTHONEXECUTABLE __PYVENV_LAUNCHER__ PYTHONPLATLIBDIR
        set -l saved _OLD_VIRTUAL_$name
        if set -q $saved
            set -q $name
            or set -gx $name $$saved
            set -e $saved
        end
    end

    if set -q _RVENV_PROMPT; and functions -q fish_prompt $_RVENV_PROMPT
        # One that was wrapped meanwhile still calls ours, which then draws nothing.
        if functions fish_prompt | string match -q "*for prompt in \$$_RVENV_PROMPT"
            functions -e fish_prompt
            functions -c $_RVENV_PROMPT fish_prompt
            functions -e $_RVENV_PROMPT
            set -e $_RVENV_PROMPT
        end
    end
    if set -q _OLD_FISH_PROMPT_OVERRIDE; and functions -q _old_fish_prompt
        # A prompt that was set in the meantime stays.
        if functions fish_prompt | string match -q '*_old_fish_prompt*'
            functions -e fish_prompt
            functions -c _old_fish_prompt fish_prompt
        end
        functions -e _old_fish_prompt
    end

    # What virtualenv's activation put aside: to it, empty is the same as not set.
    for name in _OLD_PKG_CONFIG_PATH _OLD_VIRTUAL_TCL_LIBRARY _OLD_VIRTUAL_TK_LIBRARY
        if set -q $name
            set -l restored (string replace -r '^_OLD_(VIRTUAL_)?' '' -- $name)
            set -gx $restored $$name
            test -n "$$name"
            or set -e $restored
            set -e $name
        end
    end

    not set -q _RVENV_PYDOC
    or functions --erase pydoc
    for name in VIRTUAL_ENV VIRTUAL_ENV_PROMPT _OLD_VIRTUAL_PATH _OLD_FISH_PROMPT_OVERRIDE _RVENV_ENTRY _RVENV_PROMPT _RVENV_PYDOC
        set -e $name
    end
    if test "$argv[1]" != nondestructive
        functions -e deactivate
        if functions -q _rvenv_user_deactivate
            functions -c _rvenv_user_deactivate deactivate
            functions -e _rvenv_user_deactivate
        end
    end
end
