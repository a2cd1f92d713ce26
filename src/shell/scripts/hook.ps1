# Activates and deactivates on a change of directory. In the file that $PROFILE names:
# rvenv hook powershell | Out-String | Invoke-Expression
# A process is started only after the directory, PATH or VIRTUAL_ENV changed, and after an rvenv command.
# Windows PowerShell 5.1 reads this too, and so does a constrained session, which calls no methods.
$global:_RVENV_HOOK_SEEN = ''
$global:_RVENV_HOOK_STATE = '::'
$global:_RVENV_HOOK_LEFT = ''
$global:_RVENV_HOOK_LAST = 0

function global:_rvenv_hook {
    # A function in the place of rvenv would change its arguments: of `-p=3.12` it would get two.
    $last = Get-History -Count 1
    if ($last -and $last.Id -ne $global:_RVENV_HOOK_LAST) {
        $global:_RVENV_HOOK_LAST = $last.Id
        if ($last.CommandLine -match '\brvenv\b') {
            $global:_RVENV_HOOK_SEEN = ''
        }
    }
    if ("$PWD|$env:VIRTUAL_ENV|$env:PATH" -cne $global:_RVENV_HOOK_SEEN) {
        _rvenv_hook_update
        $global:_RVENV_HOOK_SEEN = "$PWD|$env:VIRTUAL_ENV|$env:PATH"
    }
}

function global:_rvenv_hook_update {
    # An activation that the user ended by hand is not made again until the project is left.
    if ($env:_RVENV_HOOK -and $env:_RVENV_HOOK -cne $env:VIRTUAL_ENV -and $env:_RVENV_HOOK -notlike '!*') {
        $env:_RVENV_HOOK = "!$env:_RVENV_HOOK"
    }
    $code = Get-Variable -Name LASTEXITCODE -Scope Global -ValueOnly -ErrorAction Ignore
    $disabled = $env:VIRTUAL_ENV_DISABLE_PROMPT
    try {
        $env:_RVENV_HOOK_HELD = Get-Variable -Name _RVENV_ENTRY -Scope Global -ValueOnly -ErrorAction Ignore
        if (-not $env:_RVENV_HOOK_HELD -and $env:_OLD_VIRTUAL_PATH) {
            $env:_RVENV_HOOK_HELD = 'another'
        }
        $env:_RVENV_HOOK_STATE = $global:_RVENV_HOOK_STATE
        $env:_RVENV_HOOK_LEFT = $global:_RVENV_HOOK_LEFT
        # The prompt below draws the name: one that is wrapped around it would know too late.
        $env:VIRTUAL_ENV_DISABLE_PROMPT = 'hook'
        & __RVENV_PROGRAM__ hook-env --shell powershell | Out-String | Where-Object { $_ } | Invoke-Expression
    } finally {
        $env:VIRTUAL_ENV_DISABLE_PROMPT = $disabled
        $env:_RVENV_HOOK_HELD = $null
        $env:_RVENV_HOOK_STATE = $null
        $env:_RVENV_HOOK_LEFT = $null
        $global:LASTEXITCODE = $code
    }
}

& {
    # Read a second time, it is there already, or below the prompt of an activation by hand.
    $prompts = "$Function:prompt"
    foreach ($name in '_OLD_VIRTUAL_PROMPT', (Get-Variable -Name _RVENV_PROMPT -Scope Global -ValueOnly -ErrorAction Ignore)) {
        if ($name -and (Test-Path -LiteralPath "Function:$name")) {
            $prompts += (Get-Item -LiteralPath "Function:$name").ScriptBlock
        }
    }
    if ($prompts -notmatch '_rvenv_hook') {
        Set-Item -LiteralPath Function:global:_RVENV_HOOK_PROMPT -Value $Function:prompt
        function global:prompt {
            $succeeded = $?
            _rvenv_hook
            $ours = $env:VIRTUAL_ENV -and $env:VIRTUAL_ENV -ceq $env:_RVENV_HOOK
            # Made again by hand, the activation draws it: its variable can be seen here.
            if ($ours -and -not $env:VIRTUAL_ENV_DISABLE_PROMPT -and -not (Test-Path -LiteralPath Variable:_rvenv_is_drawn)) {
                $_rvenv_is_drawn = $true
                Write-Host -NoNewline -ForegroundColor Green "($env:VIRTUAL_ENV_PROMPT) "
            }
            # The user's prompt may show how the last command ended.
            if (-not $succeeded) {
                Write-Error '' -ErrorAction Ignore
            }
            _RVENV_HOOK_PROMPT
            # Other tools change PATH in the prompt, too. What was left can only come back before the user types.
            _rvenv_hook
            $global:_RVENV_HOOK_LEFT = ''
        }
    }
}
