# Takes back what an activation put in, and nothing else: no saved PATH is written over what was
# edited since, and a child shell that inherited the activation can do it too.
# Windows PowerShell 5.1 reads this too.
function global:deactivate ([switch] $NonDestructive) {
    if ($env:VIRTUAL_ENV) {
        $separator = [System.IO.Path]::PathSeparator
        $entries = [System.Collections.Generic.List[string]] "$env:PATH".Split($separator)
        foreach ($scripts in 'bin', 'Scripts') {
            if ($entries.Remove([System.IO.Path]::Combine($env:VIRTUAL_ENV, $scripts))) {
                $env:PATH = [string]::Join($separator, $entries)
                break
            }
        }
    }

    if ($env:_OLD_VIRTUAL_PYTHONHOME -and -not $env:PYTHONHOME) {
        $env:PYTHONHOME = $env:_OLD_VIRTUAL_PYTHONHOME
    }

    if (Test-Path -LiteralPath Function:_OLD_VIRTUAL_PROMPT) {
        # A prompt that was set in the meantime stays.
        if ("$Function:prompt".Contains('_OLD_VIRTUAL_PROMPT')) {
            Set-Item -LiteralPath Function:global:prompt -Value $Function:_OLD_VIRTUAL_PROMPT
        }
        Remove-Item -LiteralPath Function:_OLD_VIRTUAL_PROMPT
    }

    $env:VIRTUAL_ENV = $null
    $env:VIRTUAL_ENV_PROMPT = $null
    $env:_OLD_VIRTUAL_PATH = $null
    $env:_OLD_VIRTUAL_PYTHONHOME = $null
    if (-not $NonDestructive) {
        Remove-Item -LiteralPath Function:deactivate
    }
}
