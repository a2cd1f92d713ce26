use str
set edit:completion:arg-completer[rvenv] = {|@words|
    rvenv completions elvish --at (- (count $words) 1) -- $@words 2>/dev/null | from-lines | each {|line|
        var value help = (str:split "\t" $line)
        if (eq $help '') {
            put $value
        } else {
            edit:complex-candidate $value &display=$value'  '$help
        }
    }
}
