# The rule of undo, for every shell, is in README.md beside this file.
# Windows PowerShell 5.1 reads this too, and so does a constrained session, which calls no methods.
# An alias comes before a function of the same name.
if (Test-Path -LiteralPath Alias:deactivate) {
    $global:_RVENV_ALIAS = (Get-Alias -Name deactivate).Definition
    Remove-Item -Force -LiteralPath Alias:deactivate
}
if ((Test-Path -LiteralPath Function:deactivate) -and "$Function:deactivate" -notmatch 'VIRTUAL_ENV|_rvenv_deactivate') {
    Set-Item -LiteralPath Function:global:_rvenv_user_deactivate -Value $Function:deactivate
}
function global:_rvenv_deactivate ([switch] $NonDestructive, [switch] $Everywhere) {
    function Get-Kept ([string] $name) {
        Get-Variable -Name $name -Scope Global -ValueOnly -ErrorAction Ignore
    }
    $separator, $slash = [System.IO.Path]::PathSeparator, [System.IO.Path]::DirectorySeparatorChar
    $entries = @(Get-Kept _RVENV_ENTRY)
    # Without an entry of this shell's, the activation was inherited or is another tool's.
    if ($env:VIRTUAL_ENV -and ($Everywhere -or -not $entries)) {
        $entries += 'bin', 'Scripts' | ForEach-Object { "$env:VIRTUAL_ENV$slash$_" }
    }
    $isRemoved = $false
    $kept = foreach ($entry in "$env:PATH" -split "[$separator]") {
        if ($entries -ccontains $entry -and ($Everywhere -or -not $isRemoved)) {
            $isRemoved = $true
        } else {
            $entry
        }
    }
    if ($isRemoved) {
        $env:PATH = @($kept) -join $separator
    }

    foreach ($name in 'PYTHONHOME', 'PYTHONEXECUTABLE', '__PYVENV_LAUNCHER__', 'PYTHONPLATLIBDIR') {
        if (Test-Path -LiteralPath "Env:_OLD_VIRTUAL_$name") {
            if (-not (Test-Path -LiteralPath "Env:$name")) {
                Set-Item -LiteralPath "Env:$name" -Value (Get-Item -LiteralPath "Env:_OLD_VIRTUAL_$name").Value
            }
            Remove-Item -LiteralPath "Env:_OLD_VIRTUAL_$name"
        }
    }

    $prompt = Get-Kept _RVENV_PROMPT
    # One that was wrapped meanwhile still calls ours, which then draws nothing.
    if ($prompt -and "$Function:prompt" -match "_rvenv_draw_prompt $prompt\b") {
        Set-Item -LiteralPath Function:global:prompt -Value (Get-Item -LiteralPath "Function:$prompt").ScriptBlock
        Remove-Item -LiteralPath "Function:$prompt"
    }
    # Another tool's.
    if ((Test-Path -LiteralPath Function:_OLD_VIRTUAL_PROMPT) -and "$Function:prompt" -match '_OLD_VIRTUAL_PROMPT') {
        Set-Item -LiteralPath Function:global:prompt -Value $Function:_OLD_VIRTUAL_PROMPT
        Remove-Item -LiteralPath Function:_OLD_VIRTUAL_PROMPT
    }

    $env:VIRTUAL_ENV = $null
    $env:VIRTUAL_ENV_PROMPT = $null
    $env:_OLD_VIRTUAL_PATH = $null
    if (Get-Kept _RVENV_PYDOC) {
        Remove-Item -LiteralPath Function:pydoc -ErrorAction Ignore
    }
    Remove-Variable -Name _RVENV_ENTRY, _RVENV_PROMPT, _RVENV_PYDOC -Scope Global -ErrorAction Ignore
    if (-not $NonDestructive) {
        Remove-Item -LiteralPath Function:deactivate -ErrorAction Ignore
        if (Test-Path -LiteralPath Function:_rvenv_user_deactivate) {
            Set-Item -LiteralPath Function:global:deactivate -Value $Function:_rvenv_user_deactivate
            Remove-Item -LiteralPath Function:_rvenv_user_deactivate
        }
        if (Get-Kept _RVENV_ALIAS) {
            Set-Alias -Name deactivate -Value $global:_RVENV_ALIAS -Scope Global
            Remove-Variable -Name _RVENV_ALIAS -Scope Global
        }
    }
}
function global:deactivate ([switch] $NonDestructive) {
    _rvenv_deactivate -NonDestructive:$NonDestructive
}
