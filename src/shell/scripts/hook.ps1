# Activates and deactivates on a change of directory. In the file that $PROFILE names:
# rvenv hook powershell | Out-String | Invoke-Expression
# Only a change of directory starts a process, and so does a prompt after an rvenv command.
# Windows PowerShell 5.1 reads this too.
$global:_RVENV_HOOK_PWD = ''
$global:_RVENV_HOOK_LAST = 0

function global:_rvenv_hook {
    # An activation that the user ended by hand is not to be made again until the project is left.
    $mark = "$env:_RVENV_HOOK"
    if ($mark -and $mark -cne $env:VIRTUAL_ENV -and -not $mark.StartsWith('!')) {
        $env:_RVENV_HOOK = "!$mark"
    }
    # A function in the place of rvenv would change its arguments: of `-p=3.12` it would get two.
    $last = Get-History -Count 1
    if ($last -and $last.Id -ne $global:_RVENV_HOOK_LAST) {
        $global:_RVENV_HOOK_LAST = $last.Id
        if ($last.CommandLine -match '\brvenv\b') {
            $global:_RVENV_HOOK_PWD = ''
        }
    }
    if ("$PWD" -cne $global:_RVENV_HOOK_PWD) {
        $global:_RVENV_HOOK_PWD = "$PWD"
        $code = Get-Variable -Name LASTEXITCODE -Scope Global -ValueOnly -ErrorAction Ignore
        $disabled = $env:VIRTUAL_ENV_DISABLE_PROMPT
        try {
            # The prompt below draws the name: one that is wrapped around it would know too late.
            $env:VIRTUAL_ENV_DISABLE_PROMPT = 'hook'
            & __RVENV_PROGRAM__ hook-env --shell powershell | Out-String | Where-Object { $_ } | Invoke-Expression
        } finally {
            $env:VIRTUAL_ENV_DISABLE_PROMPT = $disabled
            $global:LASTEXITCODE = $code
        }
    }
}

& {
    # Read a second time, it is there already, or below the prompt of an activation by hand.
    $prompts = "$Function:prompt"
    if ($prompts.Contains('_OLD_VIRTUAL_PROMPT')) {
        $prompts += "$Function:_OLD_VIRTUAL_PROMPT"
    }
    if (-not $prompts.Contains('_rvenv_hook')) {
        Set-Item -LiteralPath Function:global:_RVENV_HOOK_PROMPT -Value $Function:prompt
        function global:prompt {
            $succeeded = $?
            _rvenv_hook
            $ours = $env:VIRTUAL_ENV -and $env:VIRTUAL_ENV -ceq $env:_RVENV_HOOK
            # Made again by hand, the activation draws it.
            if ($ours -and -not $env:VIRTUAL_ENV_DISABLE_PROMPT -and -not (Test-Path -LiteralPath Function:_OLD_VIRTUAL_PROMPT)) {
                Write-Host -NoNewline -ForegroundColor Green "($env:VIRTUAL_ENV_PROMPT) "
            }
            # The user's prompt may show how the last command ended.
            if (-not $succeeded) {
                Write-Error '' -ErrorAction Ignore
            }
            _RVENV_HOOK_PROMPT
        }
    }
}
