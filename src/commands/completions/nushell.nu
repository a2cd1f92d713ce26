def "nu-complete rvenv" [context: string, position: int] {
    let words = ($context | str substring 0..<$position | split row -r '\s+')
    let at = (($words | length) - 1)
    ^rvenv completions nushell --at $at -- ...$words err> /dev/null | lines | each {|line|
        let parts = ($line | split row (char tab))
        { value: $parts.0, description: $parts.1 }
    }
}

export extern rvenv [...args: string@"nu-complete rvenv"]
