Register-ArgumentCompleter -Native -CommandName rvenv -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    # The text of each word: nothing that was typed is evaluated.
    $words = @(foreach ($element in $commandAst.CommandElements) {
        if ($element.Extent.StartOffset -lt $cursorPosition) {
            if ($element -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $element.Value }
            else { $element.Extent.Text }
        }
    })
    $at = $words.Count
    if ($wordToComplete -ne '') { $at = $at - 1 }
    foreach ($line in @(rvenv completions powershell --at $at '--' $words)) {
        $value, $help = $line.Split([char]9)
        if (-not $help) { $help = $value }
        [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $help)
    }
}
