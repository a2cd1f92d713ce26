# Activates a Python virtual environment: `. bin/Activate.ps1` in PowerShell.
# $file: the name of this file, or nothing where this is evaluated and no file.
& {
    param([string] $root, [string] $scripts, [string] $name, [string] $file)

    # The environment may have been moved since this file was written.
    if ($file -and $PSScriptRoot) {
        $root = $PSScriptRoot -replace '[\\/][^\\/]*$'
    }

    _rvenv_deactivate -NonDestructive
    $env:VIRTUAL_ENV = $root
    $env:VIRTUAL_ENV_PROMPT = $name
    # The scripts of other tools look for it when they take over.
    $env:_OLD_VIRTUAL_PATH = $env:PATH
    $global:_RVENV_ENTRY = "$root$([System.IO.Path]::DirectorySeparatorChar)$scripts"
    if ($env:PATH) {
        $env:PATH = "$global:_RVENV_ENTRY$([System.IO.Path]::PathSeparator)$env:PATH"
    } else {
        $env:PATH = $global:_RVENV_ENTRY
    }

    foreach ($name in 'PYTHONHOME', 'PYTHONEXECUTABLE', '__PYVENV_LAUNCHER__', 'PYTHONPLATLIBDIR') {
        if (Test-Path -LiteralPath "Env:$name") {
            Set-Item -LiteralPath "Env:_OLD_VIRTUAL_$name" -Value (Get-Item -LiteralPath "Env:$name").Value
            Remove-Item -LiteralPath "Env:$name"
        }
    }

    # An environment has no `pydoc`, and that of PATH knows another Python's packages. The user's own stays.
    if (-not (Get-Command -Name pydoc -CommandType Alias, Function -ErrorAction Ignore)) {
        $global:_RVENV_PYDOC = $true
        function global:pydoc { & python -m pydoc $args }
    }

    if (-not $env:VIRTUAL_ENV_DISABLE_PROMPT) {
        # A name that no later activation takes: a copy of this prompt may call it for ever.
        $count = 1
        while (Test-Path -LiteralPath "Function:_rvenv_prompt_$count") {
            $count++
        }
        $global:_RVENV_PROMPT = "_rvenv_prompt_$count"
        Set-Item -LiteralPath "Function:global:$global:_RVENV_PROMPT" -Value $Function:prompt
        function global:_rvenv_draw_prompt ([string] $inner) {
            $succeeded = $?
            # An outer copy of this prompt has drawn the name: its variables can be seen here.
            if ($env:VIRTUAL_ENV_PROMPT -and -not (Test-Path -LiteralPath Variable:_rvenv_is_drawn)) {
                $_rvenv_is_drawn = $true
                Write-Host -NoNewline -ForegroundColor Green "($env:VIRTUAL_ENV_PROMPT) "
            }
            # The user's prompt may show how the last command ended.
            if (-not $succeeded) {
                Write-Error '' -ErrorAction Ignore
            }
            & $inner
        }
        Invoke-Expression "function global:prompt { _rvenv_draw_prompt $global:_RVENV_PROMPT }"
    }
} __RVENV_ROOT__ __RVENV_SCRIPTS__ __RVENV_PROMPT__ __RVENV_FILE__
