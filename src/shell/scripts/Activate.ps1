# Activates a Python virtual environment: `. bin/Activate.ps1` in PowerShell.
# $file: the name of this file, or nothing where this is evaluated and no file.
& {
    param([string] $root, [string] $scripts, [string] $name, [string] $file)

    # The environment may have been moved since this file was written.
    if ($file -and $PSScriptRoot) {
        $root = [System.IO.Path]::GetDirectoryName($PSScriptRoot)
    }

    deactivate -NonDestructive
    $env:VIRTUAL_ENV = $root
    $env:VIRTUAL_ENV_PROMPT = $name
    # The scripts of other tools look for it when they take over.
    $env:_OLD_VIRTUAL_PATH = $env:PATH
    $entry = [System.IO.Path]::Combine($root, $scripts)
    if ($env:PATH) {
        $env:PATH = $entry + [System.IO.Path]::PathSeparator + $env:PATH
    } else {
        $env:PATH = $entry
    }

    if ($env:PYTHONHOME) {
        $env:_OLD_VIRTUAL_PYTHONHOME = $env:PYTHONHOME
        $env:PYTHONHOME = $null
    }

    if (-not $env:VIRTUAL_ENV_DISABLE_PROMPT) {
        Set-Item -LiteralPath Function:global:_OLD_VIRTUAL_PROMPT -Value $Function:prompt
        function global:prompt {
            Write-Host -NoNewline -ForegroundColor Green "($env:VIRTUAL_ENV_PROMPT) "
            _OLD_VIRTUAL_PROMPT
        }
    }
} __RVENV_ROOT__ __RVENV_SCRIPTS__ __RVENV_PROMPT__ __RVENV_FILE__
