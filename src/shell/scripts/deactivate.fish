# Takes back what an activation put in, and nothing else: no saved PATH is written over what was
# edited since, and a child shell that inherited the activation can do it too.
# The functions of other tools go with their `deactivate`, whose place ours takes.
if functions -q deactivate; and functions deactivate | string match -q '*functions -e pydoc*'
    functions -e pydoc _bashify_path _fishify_path
end
function deactivate --description 'Leave the Python virtual environment'
    if set -q VIRTUAL_ENV
        for entry in $VIRTUAL_ENV/bin $VIRTUAL_ENV/Scripts
            if set -l index (contains -i -- $entry $PATH)
                set -e PATH[$index]
                break
            end
        end
        set -q PATH[1]
        or set -q _OLD_VIRTUAL_PATH
        or set -e PATH
    end

    if set -q _OLD_VIRTUAL_PYTHONHOME
        set -q PYTHONHOME
        or set -gx PYTHONHOME $_OLD_VIRTUAL_PYTHONHOME
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

    for name in VIRTUAL_ENV VIRTUAL_ENV_PROMPT _OLD_VIRTUAL_PATH _OLD_VIRTUAL_PYTHONHOME _OLD_FISH_PROMPT_OVERRIDE
        set -e $name
    end
    if test "$argv[1]" != nondestructive
        functions -e deactivate
    end
end
